#pragma once

#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "clusters/communicator.h"

namespace understudy {

/// A contiguous tensor on its way to or from one rank.
struct Slice {
  int peer;
  at::Tensor values;
};

/// How the ranks' tensors travel in the ordered sums: through MPI, or from GPU to GPU. The sums themselves
/// (clusters/ordered_mean.h) are the same over every transport.
class SliceTransport {
 public:
  virtual ~SliceTransport() = default;
  virtual int rank() const = 0;
  virtual int world_size() const = 0;
  /// Collective. Fills every `receives[i].values` from its peer; slices between the same two ranks keep their order and
  /// have the same type and size on both sides. @throws ClusterError
  virtual void exchange(const std::vector<Slice>& sends,
                        const std::vector<Slice>& receives,
                        std::string_view intent) = 0;
};

/// Tensors in the computer's memory through a Communicator, which must outlive it.
class CommunicatorTransport final : public SliceTransport {
 public:
  explicit CommunicatorTransport(Communicator& communicator) : communicator_(communicator) {}
  int rank() const override { return communicator_.rank(); }
  int world_size() const override { return communicator_.world_size(); }
  void exchange(const std::vector<Slice>& sends, const std::vector<Slice>& receives, std::string_view intent) override;

 private:
  Communicator& communicator_;
};

/// Every rank's rows [n_r, ...] stacked in rank order, which is slot order for contiguous runs of slots. Collective.
/// @param rows  contiguous type and trailing shape are the same on all ranks, the number of rows may differ
at::Tensor gather_rows(const at::Tensor& rows, SliceTransport& transport, std::string_view intent);

}  // namespace understudy
