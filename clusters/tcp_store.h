#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include "clusters/communicator.h"

namespace understudy {

/// A c10d store that rank 0 serves at a port of its choice. Its addresses go to the other ranks by broadcast; each
/// takes the first that answers, whatever the names of the nodes resolve to. Collective. Rank 0 must be the last to
/// drop it.
/// @throws ClusterError  when a rank reaches no address of rank 0
c10::intrusive_ptr<c10d::Store> make_tcp_store(Communicator& communicator);

}  // namespace understudy
