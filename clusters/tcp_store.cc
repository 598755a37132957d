#include "clusters/tcp_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "clusters/line_socket.h"
#include "common/errors.h"

namespace understudy {
namespace {

constexpr int kPatienceMs = 2000;

/// Tries rank 0's addresses at a port of its own: a stray connection would only confuse the store.
std::string reachable_address(Communicator& communicator) {
  const LineListener probe;
  const nlohmann::json offer{{"port", probe.port()}, {"hosts", addresses_of_this_machine()}};
  const nlohmann::json of_root =
      nlohmann::json::parse(communicator.broadcast(offer.dump(), 0, "share rank 0's address"));
  const std::vector<std::string> hosts = of_root.at("hosts");
  std::string found;
  for (const std::string& host : hosts) {
    if (found.empty() && LineSocket::connect({host}, of_root.at("port").get<std::uint16_t>(), kPatienceMs))
      found = host;
  }
  const std::vector<std::string> all = communicator.all_gather(found, "compare the ways to rank 0");
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    if (!all[rank].empty()) continue;
    throw ClusterError(
        fmt::format("rank {} reaches none of rank 0's addresses {}; a firewall between the nodes must let TCP through",
                    rank,
                    fmt::join(hosts, ", ")));
  }
  return found;
}

}  // namespace

c10::intrusive_ptr<c10d::Store> make_tcp_store(Communicator& communicator) {
  const std::string host = reachable_address(communicator);
  c10d::TCPStoreOptions options;
  options.isServer = communicator.rank() == 0;
  options.port = 0;
  options.waitWorkers = false;
  c10::intrusive_ptr<c10d::TCPStore> store;
  if (options.isServer) store = c10::make_intrusive<c10d::TCPStore>(host, options);
  const std::int64_t port =
      communicator.all_reduce(store ? std::int64_t{store->getPort()} : 0, Reduction::kMax, "share the store's port");
  if (!store) {
    options.port = static_cast<std::uint16_t>(port);
    store = c10::make_intrusive<c10d::TCPStore>(host, options);
  }
  return store;
}

}  // namespace understudy
