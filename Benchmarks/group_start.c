// A handler that notes when it begins and ends with an id: `group_start FILE ID`.
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void note(int file, char what, const char *id) {
  struct timespec time;
  char line[512];
  clock_gettime(CLOCK_MONOTONIC, &time);
  int length = snprintf(line, sizeof line, "%c %lld %s\n", what,
                        time.tv_sec * 1000000LL + time.tv_nsec / 1000, id);
  if (write(file, line, (size_t)length) != length) _exit(3);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  int file = open(arguments[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return 2;
  note(file, 'S', arguments[2]);
  usleep(20000);
  note(file, 'E', arguments[2]);
  return 0;
}
