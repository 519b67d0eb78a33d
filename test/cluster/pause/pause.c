// The first process of a pod, which holds its namespaces: it only has to be there.
#include <unistd.h>

int main(void) {
  for (;;) pause();
}
