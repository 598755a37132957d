// Loaded into the program before its other libraries (LD_PRELOAD) by the tests of hangs: makes one call of one rank go
// wrong once, as a broken disk, network or program would. UNDERSTUDY_FAULT holds "KIND RANK TRIGGER PATH"; the fault
// happens at the first call of its kind, on a file whose name contains PATH, after the file TRIGGER was made, which it
// removes.
//   fsync   never returns: a file system that blocks while something is written
//   pread   never returns: one that blocks while data are read
//   write   loops for ever: a program error
//   skip    leaves an MPI_Iallreduce out; PATH does not matter
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

#include <dlfcn.h>
#include <unistd.h>

namespace {

struct Fault {
  std::string kind;
  std::string rank;
  std::string trigger;
  std::string path;
};

Fault fault_of_environment() {
  Fault fault;
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

/// @param descriptor  of the file that is called for; -1 for none
bool happens(const char* kind, int descriptor) {
  static const Fault fault = fault_of_environment();
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  if (rank == nullptr || fault.kind != kind || fault.rank != rank) return false;
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
  if (happens("fsync", descriptor)) block();
  return next<int(int)>("fsync")(descriptor);
}

ssize_t pread(int descriptor, void* buffer, size_t bytes, off_t offset) {
  if (happens("pread", descriptor)) block();
  return next<ssize_t(int, void*, size_t, off_t)>("pread")(descriptor, buffer, bytes, offset);
}

ssize_t pread64(int descriptor, void* buffer, size_t bytes, off64_t offset) {
  if (happens("pread", descriptor)) block();
  return next<ssize_t(int, void*, size_t, off64_t)>("pread64")(descriptor, buffer, bytes, offset);
}

ssize_t write(int descriptor, const void* buffer, size_t bytes) {
  if (happens("write", descriptor)) {
    static volatile bool endless = true;
    while (endless) {
    }
  }
  return next<ssize_t(int, const void*, size_t)>("write")(descriptor, buffer, bytes);
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
