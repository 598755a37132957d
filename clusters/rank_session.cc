#include "clusters/rank_session.h"

#include "clusters/attendant.h"
#include "clusters/gpu_environment.h"

namespace understudy {

RankSession::RankSession(std::chrono::seconds timeout) {
  pin_gpu_environment();
  const auto supervisor = supervisor_of_this_process();
  const auto rank = rank_in_environment();
  if (supervisor && rank) {
    attend_to_this_rank(heartbeat_, *supervisor, *rank);
    start_token_ = supervisor->token;
  } else {
    signals_.emplace();
  }
  mpi_.emplace(MpiSession::Start::kIfLaunched, timeout, &heartbeat_);
}

RankContext RankSession::context() {
  return {
      mpi_->ranks(), heartbeat_, [this] { return heartbeat_.stop_requested() || (signals_ && signals_->requested()); }};
}

}  // namespace understudy
