// Loaded into the program before its other libraries (LD_PRELOAD) by tests: makes one call of one rank go wrong once,
// as a broken disk, network or program would. UNDERSTUDY_FAULT holds "KIND RANK TRIGGER PATH"; the fault happens at the
// first call of its kind, on a file whose name contains PATH, after the file TRIGGER was made, which it removes. A
// program that MPI did not start is rank 0.
//   fsync   never returns: a file system that blocks while something is written
//   pread   never returns: one that blocks while data are read
//   write   loops for ever: a program error
//   skip    leaves an MPI_Iallreduce out; PATH does not matter
// Two kinds take a number in the place of TRIGGER, or a file:
//   kill    SIGKILL before the call of that number that reads or changes something whose name contains PATH
//   count   of every rank, whatever RANK says: writes into the file, with the rank's number behind its name, at the end
//   of
//           the program, how many such calls it made
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

struct Fault {
  std::string kind;
  std::string rank;
  std::string trigger;
  std::string path;
};

Fault fault_of_environment() {
  Fault fault{};
  if (const char* text = std::getenv("UNDERSTUDY_FAULT")) {
    std::istringstream words(text);
    words >> fault.kind >> fault.rank >> fault.trigger >> fault.path;
  }
  return fault;
}

bool is_at(int descriptor, const std::string& path) {
  char name[4096] = "";
  const ssize_t length = readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), name, sizeof name - 1);
  return length > 0 && std::strstr(name, path.c_str()) != nullptr;
}

const Fault& fault_of_rank() {
  // Never destroyed: it is asked until the very end of the program.
  static const Fault& fault = *new Fault([] {
    const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
    Fault found = fault_of_environment();
    if (found.kind == "count") {
      found.rank = rank != nullptr ? rank : "0";
      found.trigger += "." + found.rank;
    }
    return found.rank == (rank != nullptr ? rank : "0") ? found : Fault{};
  }());
  return fault;
}

std::atomic<long> calls{0};

/// Before a call on something of that name.
void count_call(const char* name) {
  const Fault& fault = fault_of_rank();
  if (fault.kind != "kill" && fault.kind != "count") return;
  if (std::strstr(name, fault.path.c_str()) == nullptr) return;
  if (++calls == std::atol(fault.trigger.c_str())) raise(SIGKILL);
}

void count_call(int descriptor) {
  const Fault& fault = fault_of_rank();
  if (fault.kind != "kill" && fault.kind != "count") return;
  if (is_at(descriptor, fault.path)) count_call(fault.path.c_str());
}

/// Of the process that made the most: a rank, not the one that watches it.
__attribute__((destructor)) void write_count() {
  const Fault& fault = fault_of_rank();
  if (fault.kind != "count") return;
  long most = 0;
  std::ifstream(fault.trigger) >> most;
  if (calls > most) std::ofstream(fault.trigger) << calls;
}

/// @param descriptor  of the file that is called for; -1 for none
bool happens(const char* kind, int descriptor) {
  const Fault& fault = fault_of_rank();
  if (fault.kind != kind) return false;
  if (access(fault.trigger.c_str(), F_OK) != 0 || (descriptor >= 0 && !is_at(descriptor, fault.path))) return false;
  return unlink(fault.trigger.c_str()) == 0;
}

[[noreturn]] void block() {
  while (true) pause();
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int descriptor) {
  count_call(descriptor);
  if (happens("fsync", descriptor)) block();
  return next<int(int)>("fsync")(descriptor);
}

ssize_t pread(int descriptor, void* buffer, size_t bytes, off_t offset) {
  count_call(descriptor);
  if (happens("pread", descriptor)) block();
  return next<ssize_t(int, void*, size_t, off_t)>("pread")(descriptor, buffer, bytes, offset);
}

ssize_t pread64(int descriptor, void* buffer, size_t bytes, off64_t offset) {
  count_call(descriptor);
  if (happens("pread", descriptor)) block();
  return next<ssize_t(int, void*, size_t, off64_t)>("pread64")(descriptor, buffer, bytes, offset);
}

ssize_t write(int descriptor, const void* buffer, size_t bytes) {
  count_call(descriptor);
  if (happens("write", descriptor)) {
    static volatile bool endless = true;
    while (endless) {
    }
  }
  return next<ssize_t(int, const void*, size_t)>("write")(descriptor, buffer, bytes);
}

int rename(const char* from, const char* to) {
  count_call(to);
  return next<int(const char*, const char*)>("rename")(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  count_call(to);
  return next<int(int, const char*, int, const char*, unsigned)>("renameat2")(from_folder, from, to_folder, to, flags);
}

int link(const char* from, const char* to) {
  count_call(to);
  return next<int(const char*, const char*)>("link")(from, to);
}

int symlink(const char* target, const char* name) {
  count_call(name);
  return next<int(const char*, const char*)>("symlink")(target, name);
}

int unlink(const char* name) {
  count_call(name);
  return next<int(const char*)>("unlink")(name);
}

int remove(const char* name) {
  count_call(name);
  return next<int(const char*)>("remove")(name);
}

int mkdir(const char* name, mode_t mode) {
  count_call(name);
  return next<int(const char*, mode_t)>("mkdir")(name, mode);
}

/// Open MPI's own type of a request is a pointer; one that is null has been completed.
int MPI_Iallreduce(
    const void* in, void* out, int count, void* type, void* operation, void* communicator, void** request) {
  if (happens("skip", -1)) {
    *request = dlsym(RTLD_DEFAULT, "ompi_request_null");
    return 0;
  }
  return next<int(const void*, void*, int, void*, void*, void*, void**)>("MPI_Iallreduce")(
      in, out, count, type, operation, communicator, request);
}
}
