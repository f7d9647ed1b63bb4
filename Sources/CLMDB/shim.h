#pragma once
#include <lmdb.h>

#ifdef __linux__
#include <sys/vfs.h>

/// The magic number of the file system that holds a path; 0 when it cannot be told.
static inline unsigned long clmdb_file_system_type(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (unsigned long)status.f_type & 0xffffffffUL : 0;
}
#else
static inline unsigned long clmdb_file_system_type(const char *path) {
  (void)path;
  return 0;
}
#endif
