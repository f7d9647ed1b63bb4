// What Swift cannot do for q-work: start a handler out of a vfork, and call what the C library
// hides behind variadic functions or macros. Every function returns 0 (or a value >= 0) or
// minus an errno, so that no caller reads errno through a closure.
#pragma once

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// One fixed record of `runs/<worker>`: who runs a claim. The child writes its own.
struct qp_run_record {
  uint64_t token;
  int32_t pid;      ///< also the process group; 0: nothing was ever run in this slot
  int32_t session;  ///< a member of the group cannot leave it, unlike its environment
  uint64_t started; ///< CLOCK_BOOTTIME in nanoseconds, taken after the fork
  uint64_t reserved;
};
_Static_assert(sizeof(struct qp_run_record) == 32, "runs/<worker> holds 32 bytes a slot");

/// Where a child was when it could not go on.
enum qp_stage {
  QP_STAGE_NONE = 0,
  QP_STAGE_FORK,       ///< no child came to be
  QP_STAGE_SIGNALS,
  QP_STAGE_GROUP,
  QP_STAGE_PARENT,     ///< the parent-death signal could not be set, or the parent was gone
  QP_STAGE_RECORD,
  QP_STAGE_DESCRIPTORS,
  QP_STAGE_LIMIT,
  QP_STAGE_EXEC,
};

struct qp_spawn_request {
  const char *path;
  char *const *argv;
  char *const *envp;
  int input, output, error;   ///< become 0, 1 and 2
  int lock;                   ///< stays open under its own number, > 2; or -1
  int record;                 ///< descriptor of `runs/<worker>`; or -1
  int64_t record_offset;
  uint64_t token;
  int32_t session;
  int restore_nofile;
  uint64_t nofile_soft, nofile_hard;
  const sigset_t *reset;      ///< to default
  const sigset_t *ignore;     ///< ignored, as the worker inherited them
  const sigset_t *mask;       ///< what the handler's mask is
};

struct qp_spawn_result {
  pid_t pid;
  int pidfd;                  ///< close-on-exec; readable when the handler has exited
  int error;                  ///< an errno; 0 if a handler runs
  int stage;                  ///< enum qp_stage, where `error` came from
};

/// Starts a handler. The caller has every signal blocked and is a thread that outlives the
/// handler: the parent-death signal fires when the *thread* that forked ends.
/// Returns 0 or minus an errno; a failed child has been reaped.
int qp_spawn(const struct qp_spawn_request *request, struct qp_spawn_result *result);

int qp_pipe(int ends[2], int read_nonblocking, int write_nonblocking); ///< both close-on-exec
int qp_memory_file(const char *name);           ///< close-on-exec, unlinked; a descriptor
int qp_temporary_file(const char *directory);   ///< close-on-exec, unlinked; a descriptor
int qp_sync_file_system(int descriptor);
/// Frees the room of a part of a file, where the file system can.
void qp_punch_hole(int descriptor, int64_t at, int64_t length);
int qp_unread(int descriptor);                  ///< bytes that lie in a pipe
/// ppoll; a negative time waits as long as it takes.
int qp_poll(struct pollfd *waits, unsigned count, int64_t nanoseconds);
/// memmem: where `needle` begins, or -1.
int64_t qp_find(const void *bytes, size_t count, const void *needle, size_t length);
int qp_allowed_processors(void);                ///< by this process's affinity
/// A word of memory that others load and store, too.
static inline uint64_t qp_load(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline void qp_store(uint64_t *word, uint64_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

/// A descriptor that is readable when one of those is that were added to it; close-on-exec.
int qp_ready_set(void);
int qp_ready_add(int set, int descriptor);
void qp_ready_remove(int set, int descriptor);
int qp_timer(void);             ///< a descriptor, nonblocking, close-on-exec; it does not tick yet
/// First after so many nanoseconds, then each so many; two zeros: never.
void qp_timer_set(int timer, int64_t first, int64_t each);
int qp_pidfd_open(pid_t pid);
int qp_pidfd_signal(int pidfd, int signal);
void qp_set_thread_name(const char *name);      ///< of the calling thread, cut at 15 bytes
int qp_close_range(unsigned first, unsigned last);
int qp_move_up(int descriptor, int least);      ///< the descriptor, now >= least; the old is closed
