#include "clusters/mpi_session.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mpi.h>

#include "common/errors.h"

namespace understudy {
namespace {

/// MPI counts elements in an int; longer messages travel in pieces.
constexpr std::int64_t kPiece = std::int64_t{1} << 28;
constexpr int kTag = 1;
/// Polls before a waiting rank begins to sleep between them and leaves its core to others.
constexpr int kEagerPolls = 20000;
constexpr std::chrono::microseconds kNap{20};

void check_mpi(int code, std::string_view intent) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw ClusterError(
      fmt::format("MPI failed to {}: {}", intent, std::string_view(text, static_cast<std::size_t>(length))));
}

/// Owns a communicator of MPI made by duplication or splitting.
class MpiHandle {
 public:
  explicit MpiHandle(MPI_Comm handle) : handle_(handle) {}
  MpiHandle(MpiHandle&& other) noexcept : handle_(std::exchange(other.handle_, MPI_COMM_NULL)) {}
  MpiHandle& operator=(MpiHandle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~MpiHandle() {
    if (handle_ != MPI_COMM_NULL) MPI_Comm_free(&handle_);
  }
  MPI_Comm get() const { return handle_; }

 private:
  MPI_Comm handle_;
};

MPI_Datatype mpi_type(ElementType type) {
  switch (type) {
    case ElementType::kUInt8:
      return MPI_UINT8_T;
    case ElementType::kInt32:
      return MPI_INT32_T;
    case ElementType::kInt64:
      return MPI_INT64_T;
    case ElementType::kFloat32:
      return MPI_FLOAT;
    case ElementType::kFloat64:
      return MPI_DOUBLE;
  }
  throw ClusterError("unknown element type");
}

std::int64_t bytes_of(ElementType type) {
  switch (type) {
    case ElementType::kUInt8:
      return 1;
    case ElementType::kInt32:
    case ElementType::kFloat32:
      return 4;
    case ElementType::kInt64:
    case ElementType::kFloat64:
      return 8;
  }
  throw ClusterError("unknown element type");
}

MPI_Op mpi_operation(Reduction reduction) {
  switch (reduction) {
    case Reduction::kSum:
      return MPI_SUM;
    case Reduction::kMin:
      return MPI_MIN;
    case Reduction::kMax:
      return MPI_MAX;
  }
  throw ClusterError("unknown reduction");
}

class MpiCommunicator final : public Communicator {
 public:
  MpiCommunicator(MpiHandle handle, std::chrono::seconds timeout, Heartbeat* heartbeat)
      : handle_(std::move(handle)),
        timeout_(timeout),
        heartbeat_(heartbeat),
        channel_(heartbeat == nullptr ? 0 : heartbeat->new_channel()) {
    check_mpi(MPI_Comm_set_errhandler(handle_.get(), MPI_ERRORS_RETURN), "have errors returned");
    check_mpi(MPI_Comm_rank(handle_.get(), &rank_), "read the rank");
    check_mpi(MPI_Comm_size(handle_.get(), &world_size_), "read the number of ranks");
    MPI_Comm node = MPI_COMM_NULL;
    check_mpi(MPI_Comm_split_type(handle_.get(), MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node),
              "find the ranks of this node");
    const MpiHandle owned(node);
    check_mpi(MPI_Comm_rank(node, &local_rank_), "read the rank within the node");
    check_mpi(MPI_Comm_size(node, &local_size_), "read the number of ranks of this node");
  }

  int rank() const override { return rank_; }
  int world_size() const override { return world_size_; }
  int local_rank() const override { return local_rank_; }
  int local_size() const override { return local_size_; }

  void barrier(std::string_view intent) override {
    const CollectiveMark mark(heartbeat_, channel_, intent);
    std::vector<MPI_Request> request(1);
    check_mpi(MPI_Ibarrier(handle_.get(), request.data()), intent);
    wait_for(request, {}, intent);
  }

  void broadcast(std::span<std::byte> bytes, int root, std::string_view intent) override {
    const CollectiveMark mark(heartbeat_, channel_, intent);
    for_each_piece(std::ssize(bytes), [&](std::int64_t begin, int count) {
      std::vector<MPI_Request> request(1);
      check_mpi(MPI_Ibcast(bytes.data() + begin, count, MPI_BYTE, root, handle_.get(), request.data()), intent);
      wait_for(request, {}, intent);
    });
  }

  void all_reduce(
      void* values, std::int64_t count, ElementType type, Reduction reduction, std::string_view intent) override {
    const CollectiveMark mark(heartbeat_, channel_, intent);
    for_each_piece(count, [&](std::int64_t begin, int piece) {
      std::vector<MPI_Request> request(1);
      void* start = static_cast<std::byte*>(values) + begin * bytes_of(type);
      check_mpi(
          MPI_Iallreduce(
              MPI_IN_PLACE, start, piece, mpi_type(type), mpi_operation(reduction), handle_.get(), request.data()),
          intent);
      wait_for(request, {}, intent);
    });
  }

  void exchange(std::span<const OutgoingMessage> outgoing,
                std::span<const IncomingMessage> incoming,
                std::string_view intent) override {
    const CollectiveMark mark(heartbeat_, channel_, intent);
    std::vector<MPI_Request> requests;
    std::vector<int> peers;
    for (const IncomingMessage& message : incoming) {
      for_each_piece(std::ssize(message.bytes), [&](std::int64_t begin, int count) {
        requests.push_back(MPI_REQUEST_NULL);
        peers.push_back(message.from);
        check_mpi(
            MPI_Irecv(
                message.bytes.data() + begin, count, MPI_BYTE, message.from, kTag, handle_.get(), &requests.back()),
            intent);
      });
    }
    for (const OutgoingMessage& message : outgoing) {
      for_each_piece(std::ssize(message.bytes), [&](std::int64_t begin, int count) {
        requests.push_back(MPI_REQUEST_NULL);
        peers.push_back(message.to);
        check_mpi(
            MPI_Isend(message.bytes.data() + begin, count, MPI_BYTE, message.to, kTag, handle_.get(), &requests.back()),
            intent);
      });
    }
    wait_for(requests, peers, intent);
  }

  std::unique_ptr<Communicator> duplicate(std::string_view intent) override {
    MPI_Comm copy = MPI_COMM_NULL;
    check_mpi(MPI_Comm_dup(handle_.get(), &copy), intent);
    return std::make_unique<MpiCommunicator>(MpiHandle(copy), timeout_, heartbeat_);
  }

 private:
  template <class Action>
  static void for_each_piece(std::int64_t count, const Action& action) {
    for (std::int64_t begin = 0; begin < count; begin += kPiece) {
      action(begin, static_cast<int>(std::min(kPiece, count - begin)));
    }
  }

  /// MPI's own waiting would neither end at a timeout nor leave the core to another rank's computation.
  void wait_for(std::vector<MPI_Request>& requests, const std::vector<int>& peers, std::string_view intent) const {
    const auto deadline = std::chrono::steady_clock::now() + timeout_;
    for (int polls = 0;; ++polls) {
      int done = 0;
      check_mpi(MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE), intent);
      if (done != 0) return;
      if (polls < kEagerPolls) {
        std::this_thread::yield();
        continue;
      }
      if (std::chrono::steady_clock::now() > deadline) fail_waiting(requests, peers, intent);
      std::this_thread::sleep_for(kNap);
    }
  }

  [[noreturn]] void fail_waiting(std::vector<MPI_Request>& requests,
                                 const std::vector<int>& peers,
                                 std::string_view intent) const {
    std::vector<int> missing;
    for (std::size_t i = 0; i < peers.size(); ++i) {
      int done = 0;
      if (MPI_Request_get_status(requests[i], &done, MPI_STATUS_IGNORE) != MPI_SUCCESS || done == 0) {
        missing.push_back(peers[i]);
      }
    }
    std::sort(missing.begin(), missing.end());
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    throw ClusterError(
        fmt::format("rank {} waited {} s for {} ({}); see whether that rank died or hangs",
                    rank_,
                    timeout_.count(),
                    missing.empty() ? std::string("the other ranks") : fmt::format("rank {}", fmt::join(missing, ", ")),
                    intent));
  }

  MpiHandle handle_;
  std::chrono::seconds timeout_;
  Heartbeat* heartbeat_;
  int channel_;
  int rank_ = 0;
  int world_size_ = 1;
  int local_rank_ = 0;
  int local_size_ = 1;
};

std::optional<int> number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::atoi(text);
}

/// Ranks that mpirun or srun started together with this one; nothing when the process was started alone.
std::optional<int> launched_ranks() {
  if (const auto ranks = number_in_environment("OMPI_COMM_WORLD_SIZE")) return ranks;
  if (std::getenv("SLURM_PROCID") != nullptr && std::getenv("PMIX_RANK") != nullptr) {
    return number_in_environment("SLURM_STEP_NUM_TASKS");
  }
  // Without PMIx every task would be a run of its own, or MPI would end with a page about its installation.
  if (const auto tasks = number_in_environment("SLURM_STEP_NUM_TASKS"); tasks.value_or(1) > 1) {
    throw ConfigError(
        fmt::format("srun started {} tasks without PMIx, by which Open MPI finds the other ranks; use srun --mpi=pmix, "
                    "or `understudy "
                    "launch`, which does (srun --mpi=list shows what this SLURM offers)",
                    *tasks));
  }
  return std::nullopt;
}

void start_mpi() {
  int provided = MPI_THREAD_SINGLE;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &provided) != MPI_SUCCESS) {
    throw ClusterError("MPI cannot start; run `understudy doctor` on this node");
  }
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "have errors returned");
  if (provided < MPI_THREAD_MULTIPLE) {
    throw ClusterError(
        "this MPI gives no MPI_THREAD_MULTIPLE, which the gradient exchange needs; use one built with it");
  }
}

void check_size(const Communicator& ranks, std::optional<int> launched) {
  if (!launched || *launched == ranks.world_size()) return;
  throw ClusterError(fmt::format(
      "{} ranks were launched but MPI sees {}; this MPI and its launcher do not match (under SLURM use srun --mpi=pmix "
      "or mpirun inside the job)",
      *launched,
      ranks.world_size()));
}

}  // namespace

MpiSession::MpiSession(Start start, std::chrono::seconds timeout, Heartbeat* heartbeat) {
  const std::optional<int> launched = launched_ranks();
  if (start == Start::kIfLaunched && !launched) {
    ranks_ = single_rank();
    return;
  }
  start_mpi();
  uses_mpi_ = true;
  MPI_Comm copy = MPI_COMM_NULL;
  check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &copy), "duplicate the communicator of all ranks");
  ranks_ = std::make_unique<MpiCommunicator>(MpiHandle(copy), timeout, heartbeat);
  check_size(*ranks_, launched);
}

MpiSession::~MpiSession() {
  ranks_.reset();
  if (uses_mpi_) MPI_Finalize();
}

void MpiSession::abort(int exit_code) {
  if (uses_mpi_) MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

}  // namespace understudy
