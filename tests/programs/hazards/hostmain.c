// See host.c: here it is the library that has the search path.
int host_run(void);
int main(void) { return host_run(); }
