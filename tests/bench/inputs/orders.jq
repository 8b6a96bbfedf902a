# Orders to a table of customers.
[.[] | {customer, total: ([.items[] | .price * .count] | add), tags: (.tags | map(ascii_upcase) | join(","))}]
| group_by(.customer)
| map({customer: .[0].customer, orders: length, total: (map(.total) | add), tags: (map(.tags) | unique)})
| sort_by(-.total)[]
| "\(.customer)\t\(.orders)\t\(.total)\t\(.tags | tojson)"
