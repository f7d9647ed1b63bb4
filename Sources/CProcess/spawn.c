// vfork + exec, with everything a handler must have before its first instruction.
//
// The child is made by clone(CLONE_VM | CLONE_VFORK): what vfork is, but on a stack of its own,
// so that it cannot overwrite the frame that the parent wakes up in, and with CLONE_PIDFD, so
// that a lack of descriptors is known before there is a child. Until it execs, the child shares
// the memory of a multithreaded process: only plain system calls below, no allocation, no lock.
#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct shared {
  const struct qp_spawn_request *request;
  pid_t parent;
  volatile int error;
  volatile int stage;
};

static int fail(struct shared *shared, int stage) {
  shared->error = errno ? errno : EINVAL;
  shared->stage = stage;
  _exit(127);
}

static int set_signals(const struct qp_spawn_request *request) {
  struct sigaction plain = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};
  for (int number = 1; number < NSIG; number++) {
    if (sigismember(request->reset, number) == 1 && sigaction(number, &plain, NULL) != 0)
      return -1;
    if (sigismember(request->ignore, number) == 1 && sigaction(number, &ignored, NULL) != 0)
      return -1;
  }
  return 0;
}

static int write_record(const struct qp_spawn_request *request) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  struct qp_run_record record = {
      .token = request->token,
      .pid = getpid(),
      .session = request->session,
      .started = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
  };
  errno = 0;
  ssize_t written = pwrite(request->record, &record, sizeof record, request->record_offset);
  if (written < 0) return -1;
  if (written == (ssize_t)sizeof record) return 0;
  errno = ENOSPC;
  return -1;
}

static int place_descriptors(const struct qp_spawn_request *request) {
  int from[3] = {request->input, request->output, request->error};
  for (int i = 0; i < 3; i++)
    if (from[i] <= 2 && (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3)) < 0) return -1;
  for (int i = 0; i < 3; i++)
    if (dup2(from[i], i) < 0) return -1;
  if (request->lock < 0) return qp_close_range(3, UINT_MAX) < 0 ? -1 : 0;
  // dup2(fd, fd) would leave close-on-exec set.
  if (fcntl(request->lock, F_SETFD, 0) != 0) return -1;
  if (request->lock > 3 && qp_close_range(3, (unsigned)request->lock - 1) < 0) return -1;
  return qp_close_range((unsigned)request->lock + 1, UINT_MAX) < 0 ? -1 : 0;
}

static int child(void *argument) {
  struct shared *shared = argument;
  const struct qp_spawn_request *request = shared->request;

  if (set_signals(request) != 0) return fail(shared, QP_STAGE_SIGNALS);
  if (setpgid(0, 0) != 0) return fail(shared, QP_STAGE_GROUP);
  // The parent may have died before the signal was set: then nothing would ever send it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail(shared, QP_STAGE_PARENT);
  if (getppid() != shared->parent) {
    errno = ESRCH;
    return fail(shared, QP_STAGE_PARENT);
  }
  if (request->record >= 0 && write_record(request) != 0) return fail(shared, QP_STAGE_RECORD);
  if (place_descriptors(request) != 0) return fail(shared, QP_STAGE_DESCRIPTORS);
  if (request->restore_nofile) {
    struct rlimit limit = {request->nofile_soft, request->nofile_hard};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return fail(shared, QP_STAGE_LIMIT);
  }
  // Last: from here a pending signal meets default actions only, no handler of the parent's.
  if (sigprocmask(SIG_SETMASK, request->mask, NULL) != 0) return fail(shared, QP_STAGE_SIGNALS);
  execve(request->path, request->argv, request->envp);
  return fail(shared, QP_STAGE_EXEC);
}

// The thread sanitizer keeps state for each thread, which a child that shares the memory would
// overwrite: there the child gets a copy, and only what it answers is shared.
#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if __has_feature(thread_sanitizer)
#define MEMORY 0
static struct shared *answer_of_child(struct shared *own) {
  struct shared *common =
      mmap(NULL, sizeof *own, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (common == MAP_FAILED) return NULL;
  *common = *own;
  return common;
}
static void forget(struct shared *common) { munmap(common, sizeof *common); }
#else
#define MEMORY CLONE_VM
static struct shared *answer_of_child(struct shared *own) { return own; }
static void forget(struct shared *common) { (void)common; }
#endif

__attribute__((noinline)) static pid_t start(struct shared *shared, int *pidfd) {
  _Alignas(64) char stack[32 * 1024];
  return clone(
      child, stack + sizeof stack, MEMORY | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, shared, pidfd);
}

int qp_spawn(const struct qp_spawn_request *request, struct qp_spawn_result *result) {
  struct shared own = {.request = request, .parent = getpid()};
  struct shared *shared = answer_of_child(&own);
  int pidfd = -1;

  *result = (struct qp_spawn_result){.pid = -1, .pidfd = -1};
  pid_t pid = shared ? start(shared, &pidfd) : -1;
  if (shared) {
    own = *shared;
    forget(shared);
  }
  if (pid < 0) {
    result->error = errno;
    result->stage = QP_STAGE_FORK;
    return -result->error;
  }
  if (own.error) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    close(pidfd);
    result->error = own.error;
    result->stage = own.stage;
    return -result->error;
  }
  result->pid = pid;
  result->pidfd = pidfd;
  return 0;
}
