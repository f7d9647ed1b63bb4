// System calls that Swift does not see. Linux only.
#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int answer(long value) { return value < 0 ? -errno : (int)value; }

int qp_pipe(int ends[2], int read_nonblocking, int write_nonblocking) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  // Each end has its own description: a handler's end stays blocking.
  if (read_nonblocking) fcntl(ends[0], F_SETFL, O_NONBLOCK);
  if (write_nonblocking) fcntl(ends[1], F_SETFL, O_NONBLOCK);
  return 0;
}

int qp_temporary_file(const char *directory) {
  int unnamed = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (unnamed >= 0) return unnamed;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) return -errno;
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/q-spool.XXXXXX", directory);
  if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
  int named = mkstemp(path);
  if (named < 0) return -errno;
  unlink(path);
  fcntl(named, F_SETFD, FD_CLOEXEC);
  return named;
}

int qp_memory_file(const char *name) { return answer(memfd_create(name, MFD_CLOEXEC)); }

int qp_sync_file_system(int descriptor) { return answer(syncfs(descriptor)); }

void qp_punch_hole(int descriptor, int64_t at, int64_t length) {
  fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, length);
}

int qp_unread(int descriptor) {
  int bytes = 0;
  return ioctl(descriptor, FIONREAD, &bytes) != 0 ? -errno : bytes;
}

int qp_poll(struct pollfd *waits, unsigned count, int64_t nanoseconds) {
  struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  return answer(ppoll(waits, count, nanoseconds < 0 ? NULL : &time, NULL));
}

int64_t qp_find(const void *bytes, size_t count, const void *needle, size_t length) {
  const char *hit = memmem(bytes, count, needle, length);
  return hit ? hit - (const char *)bytes : -1;
}

int qp_move_up(int descriptor, int least) {
  if (descriptor >= least) return descriptor;
  int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, least);
  int error = errno;
  close(descriptor);
  return moved < 0 ? -error : moved;
}

int qp_close_range(unsigned first, unsigned last) {
  if (first > last) return 0;
#ifdef SYS_close_range
  if (syscall(SYS_close_range, first, last, 0) == 0) return 0;
  if (errno != ENOSYS) return -errno;
#endif
  long open_max = sysconf(_SC_OPEN_MAX);
  for (unsigned each = first; each <= last && (long)each < open_max; each++) close((int)each);
  return 0;
}

int qp_allowed_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return (int)sysconf(_SC_NPROCESSORS_ONLN);
  return CPU_COUNT(&set);
}

int qp_ready_set(void) { return answer(epoll_create1(EPOLL_CLOEXEC)); }
int qp_ready_add(int set, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  return answer(epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event));
}
void qp_ready_remove(int set, int descriptor) { epoll_ctl(set, EPOLL_CTL_DEL, descriptor, NULL); }
int qp_timer(void) { return answer(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)); }
void qp_timer_set(int timer, int64_t first, int64_t each) {
  struct itimerspec spec = {
      .it_value = {.tv_sec = first / 1000000000, .tv_nsec = first % 1000000000},
      .it_interval = {.tv_sec = each / 1000000000, .tv_nsec = each % 1000000000}};
  timerfd_settime(timer, 0, &spec, NULL);
}
int qp_pidfd_open(pid_t pid) { return answer(syscall(SYS_pidfd_open, pid, 0)); }
int qp_pidfd_signal(int pidfd, int signal) {
  return answer(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}
void qp_set_thread_name(const char *name) { prctl(PR_SET_NAME, name); }
