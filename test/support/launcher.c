/* Runs the ClickHouse engine of libchdb.so as a server: argv[1] is the library, the rest are the
 * arguments of `clickhouse local`. A launcher in C, because the engine checks which stack it is on.
 * The engine ends with whoever started it, also when that one was killed. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  void *library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  void *(*query)(int, char **) = (void *(*)(int, char **))dlsym(library, "query_stable_v2");
  if (query == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  argv[1] = "clickhouse";
  query(argc - 1, argv + 1);
  return 0;
}
