/* Stands between a process and the files of its ledger: tells every change of them to a journal, and lets
 * one change fail or the process die before it. Loaded with LD_PRELOAD.
 *
 * DISK_JOURNAL  file to append the changes to, in the order in which they happen.
 * DISK_FAULT    what happens at the change: kill, tear (half of it is written, then the process dies), short
 *               (half of it is written), full (ENOSPC) or broken (EIO).
 * DISK_AT       which change, counted from 1 over writes, syncs and truncations of the ledger.
 * DISK_UNTIL    the last change that fails; DISK_AT unless given.
 * DISK_FILE     the only file whose changes count.
 * DISK_WHILE    changes fail only while this file exists. A full disk then fails writes and truncations, because
 *               SQLite calls a sync without room a broken disk, and the file can appear before a sync.
 * DISK_LAZY     syncs do nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, SYNC, TRUNCATE, REMOVE, RENAME };
enum { FILES = 1024, NAME = 64 };

static char names[FILES][NAME];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static long changes, fault_at, fault_until;
static const char *fault, *only, *while_there;
static int lazy;

#define REAL(result, name, ...) static result (*real_##name)(__VA_ARGS__)
REAL(int, open64, const char *, int, ...);
REAL(int, close, int);
REAL(ssize_t, write, int, const void *, size_t);
REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
REAL(off64_t, lseek64, int, off64_t, int);
REAL(int, ftruncate64, int, off64_t);
REAL(int, fsync, int);
REAL(int, fdatasync, int);
REAL(int, unlink, const char *);
REAL(int, rename, const char *, const char *);

__attribute__((constructor)) static void start(void) {
#define FIND(name) real_##name = dlsym(RTLD_NEXT, #name)
  FIND(open64); FIND(close); FIND(write); FIND(pwrite64); FIND(lseek64);
  FIND(ftruncate64); FIND(fsync); FIND(fdatasync); FIND(unlink); FIND(rename);
  const char *path = getenv("DISK_JOURNAL"), *at = getenv("DISK_AT"), *until = getenv("DISK_UNTIL");
  if (path) journal = real_open64(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  fault = getenv("DISK_FAULT");
  fault_at = at ? atol(at) : 0;
  fault_until = until ? atol(until) : fault_at;
  only = getenv("DISK_FILE");
  while_there = getenv("DISK_WHILE");
  lazy = getenv("DISK_LAZY") != NULL;
}

static const char *base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* The ledger with its log and journal, and the file in which a test tells what was acknowledged. */
static int is_followed(const char *name) {
  return (!strncmp(name, "ledger.db", 9) && !strstr(name, "-shm")) || !strcmp(name, "acknowledged");
}

static const char *followed(int file) {
  return file >= 0 && file < FILES && names[file][0] ? names[file] : NULL;
}

static void tell(uint32_t what, const char *name, uint64_t at, uint64_t length, const void *bytes) {
  if (journal < 0) return;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  uint64_t time = now.tv_sec * 1000000000ull + now.tv_nsec;
  struct { uint32_t what, name; uint64_t at, length, time; } head = {what, strlen(name), at, length, time};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)name, head.name}, {(void *)bytes, bytes ? length : 0}};
  if (writev(journal, parts, 3) < 0) abort();
}

/* Whether this change fails; a process that shall die before it is not told. */
static int fails(const char *name) {
  if (!fault || !strcmp(name, "acknowledged")) return 0;
  if ((only && strcmp(name, only)) || (while_there && access(while_there, F_OK))) return 0;
  long now = ++changes;
  if (now < fault_at || now > fault_until) return 0;
  if (!strcmp(fault, "kill")) kill(getpid(), SIGKILL);
  errno = strcmp(fault, "full") ? EIO : ENOSPC;
  return 1;
}

static void follow(int file, const char *path) {
  if (file < 0 || file >= FILES) return;
  const char *name = base(path);
  names[file][0] = 0;
  if (is_followed(name)) strncpy(names[file], name, NAME - 1);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int mode = va_arg(rest, int);
  va_end(rest);
  int file = real_open64(path, flags, mode);
  follow(file, path);
  return file;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int mode = va_arg(rest, int);
  va_end(rest);
  return open64(path, flags, mode);
}

int close(int file) {
  if (followed(file)) names[file][0] = 0;
  return real_close(file);
}

static ssize_t put(int file, const char *name, const void *bytes, size_t length, off64_t at, int positioned) {
  pthread_mutex_lock(&lock);
  int failing = fails(name);
  int half = failing && (!strcmp(fault, "tear") || !strcmp(fault, "short"));
  size_t part = half && length > 1 ? length / 2 : length;
  ssize_t written = -1;
  if (!failing || half) {
    if (!positioned) at = real_lseek64(file, 0, strcmp(name, "acknowledged") ? SEEK_CUR : SEEK_END);
    written = positioned ? real_pwrite64(file, bytes, part, at) : real_write(file, bytes, part);
    if (written > 0) tell(WRITE, name, at, written, bytes);
    if (half && !strcmp(fault, "tear")) kill(getpid(), SIGKILL);
  }
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t write(int file, const void *bytes, size_t length) {
  const char *name = followed(file);
  return name ? put(file, name, bytes, length, 0, 0) : real_write(file, bytes, length);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
  const char *name = followed(file);
  return name ? put(file, name, bytes, length, at, 1) : real_pwrite64(file, bytes, length, at);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) { return pwrite64(file, bytes, length, at); }

int ftruncate64(int file, off64_t length) {
  const char *name = followed(file);
  if (!name) return real_ftruncate64(file, length);
  pthread_mutex_lock(&lock);
  int result = fails(name) ? -1 : real_ftruncate64(file, length);
  if (!result) tell(TRUNCATE, name, length, 0, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

static int sync_with(int file, int (*real)(int)) {
  const char *name = followed(file);
  if (!name) return lazy ? 0 : real(file);
  pthread_mutex_lock(&lock);
  int spared = fault && while_there && !strcmp(fault, "full");
  int result = !spared && fails(name) ? -1 : lazy ? 0 : real(file);
  if (!result) tell(SYNC, name, 0, 0, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

int fsync(int file) { return sync_with(file, real_fsync); }

int fdatasync(int file) { return sync_with(file, real_fdatasync); }

int unlink(const char *path) {
  pthread_mutex_lock(&lock);
  int result = real_unlink(path);
  if (!result && is_followed(base(path))) tell(REMOVE, base(path), 0, 0, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) {
  pthread_mutex_lock(&lock);
  int result = real_rename(from, to);
  if (!result && is_followed(base(from))) tell(RENAME, base(from), 0, strlen(base(to)), base(to));
  pthread_mutex_unlock(&lock);
  return result;
}
