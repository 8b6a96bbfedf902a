// Truth: 1,000 vectors of 200 bytes and 11 sizes of the vector that holds them below `fill_library`; nothing
// of it is live at the end, because dtor_library.cc frees it then.
void fill_library(void);
int main(void) {
  fill_library();
  return 0;
}
