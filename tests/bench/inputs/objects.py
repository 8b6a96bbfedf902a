"""Trees of objects, dictionaries, JSON."""
import json
import sys


class Node:
    __slots__ = ("kids", "name")

    def __init__(self, depth):
        self.kids = [Node(depth - 1) for _ in range(3)] if depth else []
        self.name = "n" * depth


total = 0
for _ in range(int(sys.argv[1])):
    tree = Node(6)
    data = {str(j): [j, j / 3, {"x": "y" * (j % 40)}] for j in range(1500)}
    total += len(json.dumps(json.loads(json.dumps(data)))) + len(tree.kids)
print(total)
