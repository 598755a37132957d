#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

enum class Reduction { kSum, kMin, kMax };
enum class ElementType { kUInt8, kInt32, kInt64, kFloat32, kFloat64 };

/// A message to one rank; the bytes must stay untouched until the exchange returns.
struct OutgoingMessage {
  int to;
  std::span<const std::byte> bytes;
};

/// A message from one rank, of a size that both sides know.
struct IncomingMessage {
  int from;
  std::span<std::byte> bytes;
};

/// The ranks of a run and what they say to each other. Every method that communicates is collective, takes the intent
/// ("agree on the stop request") for its error messages, and throws ClusterError when the transport fails or when the
/// other ranks do not answer within the timeout. After a ClusterError the communicator is unusable: the run must end.
/// One communicator is used by one thread at a time; another thread takes a `duplicate`.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int world_size() const = 0;
  /// Place among the ranks of the same node, 0 ... local_size() - 1.
  virtual int local_rank() const = 0;
  virtual int local_size() const = 0;

  virtual void barrier(std::string_view intent) = 0;
  /// Overwrites `bytes` of every rank with those of `root`; the size is the same on all ranks and may exceed 2 GiB.
  virtual void broadcast(std::span<std::byte> bytes, int root, std::string_view intent) = 0;
  /// In place over `count` elements of every rank. Sums of floating-point numbers are the same on all ranks and in
  /// every repetition, but depend on the number of ranks (clusters/ordered_mean.h serves where they must not).
  virtual void all_reduce(
      void* values, std::int64_t count, ElementType type, Reduction reduction, std::string_view intent) = 0;
  /// Delivers all messages; those between the same two ranks keep their order. Sizes may exceed 2 GiB.
  virtual void exchange(std::span<const OutgoingMessage> outgoing,
                        std::span<const IncomingMessage> incoming,
                        std::string_view intent) = 0;
  /// Same ranks, separate traffic: for another thread.
  virtual std::unique_ptr<Communicator> duplicate(std::string_view intent) = 0;

  std::int64_t all_reduce(std::int64_t value, Reduction reduction, std::string_view intent);
  void all_reduce(std::span<std::int64_t> values, Reduction reduction, std::string_view intent);
  void all_reduce(std::span<double> values, Reduction reduction, std::string_view intent);
  /// @return  `text` of `root`, whatever the others passed
  std::string broadcast(std::string text, int root, std::string_view intent);
  /// @return  on rank 0 every rank's blob in rank order, elsewhere nothing; blobs may differ in size
  std::vector<std::string> gather(std::string_view blob, std::string_view intent);
  /// @return  every rank's blob in rank order; blobs may differ in size
  std::vector<std::string> all_gather(std::string_view blob, std::string_view intent);
  /// @param to_each  one blob for every rank, own included; sizes may differ
  /// @return  the blob from every rank, in rank order
  std::vector<std::string> all_to_all(std::span<const std::string> to_each, std::string_view intent);
};

/// Where a rank is among the ranks of its node, whoever it talks to.
struct NodePlace {
  int rank = 0;
  int ranks = 1;
};

/// One rank that talks to nobody and needs no MPI. @param place  on a node that it shares with others at other work
std::unique_ptr<Communicator> single_rank(NodePlace place = {});

}  // namespace understudy
