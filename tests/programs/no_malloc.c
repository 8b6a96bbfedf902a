// A program that never allocates.
#include <unistd.h>

int main(void) { return write(1, "nothing\n", 8) == 8 ? 0 : 1; }
