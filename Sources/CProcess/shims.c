// System calls that Swift does not see. Linux, with what macOS has in the same place; the macOS
// halves have been compiled by nobody yet.
#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

static int answer(long value) { return value < 0 ? -errno : (int)value; }

static int make_pipe(int ends[2], int write_nonblocking) {
#ifdef __linux__
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
#else
  if (pipe(ends) != 0) return -errno;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
  // Each end has its own description: a handler's end stays blocking.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  if (write_nonblocking) fcntl(ends[1], F_SETFL, O_NONBLOCK);
  return 0;
}

int qp_pipe(int ends[2]) { return make_pipe(ends, 0); }
int qp_wake_pipe(int ends[2]) { return make_pipe(ends, 1); }

int qp_temporary_file(const char *directory) {
#ifdef O_TMPFILE
  int unnamed = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (unnamed >= 0) return unnamed;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) return -errno;
#endif
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/q-spool.XXXXXX", directory);
  if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
  int named = mkstemp(path);
  if (named < 0) return -errno;
  unlink(path);
  fcntl(named, F_SETFD, FD_CLOEXEC);
  return named;
}

int qp_memory_file(const char *name) {
#ifdef __linux__
  return answer(memfd_create(name, MFD_CLOEXEC));
#else
  (void)name;
  return qp_temporary_file("/tmp");
#endif
}

int qp_sync_file_system(int descriptor) {
#ifdef __linux__
  return answer(syncfs(descriptor));
#else
  (void)descriptor;
  sync();
  return 0;
#endif
}

void qp_punch_hole(int descriptor, int64_t at, int64_t length) {
#ifdef FALLOC_FL_PUNCH_HOLE
  fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, length);
#else
  (void)descriptor, (void)at, (void)length;
#endif
}

int qp_unread(int descriptor) {
  int bytes = 0;
  return ioctl(descriptor, FIONREAD, &bytes) != 0 ? -errno : bytes;
}

int qp_poll(struct pollfd *waits, unsigned count, int64_t nanoseconds) {
#ifdef __linux__
  struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  return answer(ppoll(waits, count, nanoseconds < 0 ? NULL : &time, NULL));
#else
  int64_t milliseconds = nanoseconds < 0 ? -1 : (nanoseconds + 999999) / 1000000;
  return answer(poll(waits, count, milliseconds > INT_MAX ? INT_MAX : (int)milliseconds));
#endif
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

#ifdef __linux__

int qp_allowed_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return (int)sysconf(_SC_NPROCESSORS_ONLN);
  return CPU_COUNT(&set);
}

int qp_pidfd_open(pid_t pid) { return answer(syscall(SYS_pidfd_open, pid, 0)); }
int qp_pidfd_signal(int pidfd, int signal) {
  return answer(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}
int qp_set_parent_death(int signal) { return answer(prctl(PR_SET_PDEATHSIG, signal)); }
int qp_parent_death(void) {
  int signal = 0;
  return prctl(PR_GET_PDEATHSIG, &signal) != 0 ? -errno : signal;
}
pid_t qp_thread_id(void) { return (pid_t)syscall(SYS_gettid); }
void qp_set_thread_name(const char *name) { prctl(PR_SET_NAME, name); }

#else

int qp_allowed_processors(void) { return (int)sysconf(_SC_NPROCESSORS_ONLN); }

int qp_pidfd_open(pid_t pid) { (void)pid; return -ENOSYS; }
int qp_pidfd_signal(int pidfd, int signal) { (void)pidfd; (void)signal; return -ENOSYS; }
int qp_set_parent_death(int signal) { (void)signal; return -ENOSYS; }
int qp_parent_death(void) { return -ENOSYS; }
pid_t qp_thread_id(void) { return (pid_t)pthread_mach_thread_np(pthread_self()); }
void qp_set_thread_name(const char *name) { pthread_setname_np(name); }

#endif

#if defined(__APPLE__) && !defined(F_OFD_SETLK)
#define F_OFD_SETLK 90
#define F_OFD_GETLK 92
#endif

static struct flock one_byte(int type, int64_t at) {
  return (struct flock){
      .l_type = (short)type, .l_whence = SEEK_SET, .l_start = (off_t)at, .l_len = 1};
}

int qp_lock_byte(int descriptor, int64_t at) {
  struct flock lock = one_byte(F_WRLCK, at);
  if (fcntl(descriptor, F_OFD_SETLK, &lock) == 0) return 0;
  return errno == EACCES ? -EAGAIN : -errno;
}

int qp_unlock_byte(int descriptor, int64_t at) {
  struct flock lock = one_byte(F_UNLCK, at);
  return answer(fcntl(descriptor, F_OFD_SETLK, &lock));
}

int qp_probe_byte(int descriptor, int64_t at) {
  struct flock lock = one_byte(F_WRLCK, at);
  if (fcntl(descriptor, F_OFD_GETLK, &lock) != 0) return -errno;
  return lock.l_type != F_UNLCK;
}
