#include "trainer/saving/checkpoint_saver.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "clusters/outcome.h"
#include "common/errors.h"
#include "common/log.h"

namespace understudy {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

std::vector<TensorPart> all_parts(const NamedTensors& model, const NamedTensors& optimizer, std::uint64_t part_bytes) {
  std::vector<TensorPart> parts = cut_into_parts(kModelPart, model, std::numeric_limits<std::uint64_t>::max());
  for (TensorPart& part : cut_into_parts(kOptimizerPart, optimizer, part_bytes)) parts.push_back(std::move(part));
  return parts;
}

std::vector<std::string> names_of(const std::vector<TensorPart>& parts) {
  std::vector<std::string> names;
  for (const TensorPart& part : parts) names.push_back(part.name);
  names.emplace_back(kTrainerPart);
  return names;
}

std::vector<TensorPart> share_of(std::vector<TensorPart> parts, int rank, int ranks) {
  const std::vector<int> writers = writers_of(parts, ranks);
  std::vector<TensorPart> share;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (writers[i] == rank) share.push_back(std::move(parts[i]));
  }
  return share;
}

std::string news_of(const std::vector<PartInfo>& parts) {
  Json news = Json::array();
  for (const PartInfo& part : parts) news.push_back({part.name, part.size, part.sha256});
  return news.dump();
}

std::vector<PartInfo> parts_in(const std::string& news) {
  std::vector<PartInfo> parts;
  for (const Json& part : Json::parse(news)) parts.push_back({part.at(0), part.at(1), part.at(2)});
  return parts;
}

}  // namespace

CheckpointSaver::CheckpointSaver(const CheckpointStore& store,
                                 std::uint64_t incarnation,
                                 const NamedTensors& model,
                                 const NamedTensors& optimizer,
                                 std::function<void()> sync_logs,
                                 Communicator& ranks,
                                 Heartbeat& heartbeat,
                                 std::uint64_t part_bytes)
    : store_(store),
      incarnation_(incarnation),
      sync_logs_(std::move(sync_logs)),
      ranks_(ranks),
      heartbeat_(heartbeat),
      names_(names_of(all_parts(model, optimizer, part_bytes))),
      copy_(share_of(all_parts(model, optimizer, part_bytes), ranks.rank(), ranks.world_size())),
      writer_([this](const std::stop_token& stop) { work(stop); }) {}

CheckpointSaver::~CheckpointSaver() {
  writer_.request_stop();
  writer_.join();
}

void CheckpointSaver::begin(CheckpointOrder order) {
  copy_.take();
  begun_ = true;
  const std::lock_guard lock(mutex_);
  told_.clear();
  order_ = std::move(order);
  changed_.notify_all();
}

bool CheckpointSaver::busy() const {
  const std::lock_guard lock(mutex_);
  return order_.has_value();
}

bool CheckpointSaver::failed() const {
  const std::lock_guard lock(mutex_);
  return error_ != nullptr;
}

std::optional<double> CheckpointSaver::seconds() const {
  const std::lock_guard lock(mutex_);
  return seconds_;
}

std::string CheckpointSaver::take_news() {
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, {});
}

void CheckpointSaver::hear(const std::vector<std::string>& news) {
  const std::lock_guard lock(mutex_);
  for (const std::string& of_rank : news) {
    if (of_rank.empty()) continue;
    for (PartInfo& part : parts_in(of_rank)) told_.push_back(std::move(part));
  }
  changed_.notify_all();
}

void CheckpointSaver::finish() {
  if (!begun_) return;
  begun_ = false;
  const auto wait = [this] {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !order_; });
  };
  if (ranks_.rank() != 0) wait();
  const std::vector<std::string> failures = ranks_.all_gather(failure(), "share how saving went");
  const std::vector<std::string> news = ranks_.gather(take_news(), "share what was saved");
  if (ranks_.rank() == 0) {
    hear(news);
    if (std::any_of(failures.begin(), failures.end(), [](const std::string& text) { return !text.empty(); })) {
      const std::lock_guard lock(mutex_);
      given_up_ = true;
      changed_.notify_all();
    }
    wait();
  }
  pending_.reset();  // no rank writes any more
  if (const auto took = seconds()) heartbeat_.took(Section::kSave, *took);
  std::string first = ranks_.broadcast(failure(), 0, "share how publishing went");
  for (int rank = 1; rank < ranks_.world_size() && first.empty(); ++rank) {
    const std::string& text = failures[static_cast<std::size_t>(rank)];
    if (!text.empty()) first = fmt::format("rank {} failed: {}", rank, text);
  }
  if (error_) std::rethrow_exception(error_);
  if (!first.empty()) throw RemoteError(fmt::format("a checkpoint could not be saved: {}", first));
}

std::string CheckpointSaver::failure() const {
  const std::lock_guard lock(mutex_);
  if (!error_) return {};
  try {
    std::rethrow_exception(error_);
  } catch (const std::exception& error) {
    return error.what();
  }
}

void CheckpointSaver::work(const std::stop_token& stop) {
  while (true) {
    std::optional<CheckpointOrder> order;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return order_.has_value(); })) return;
      order = order_;
    }
    const auto start = Clock::now();
    std::exception_ptr error;
    try {
      write_and_publish(*order, stop);
    } catch (const std::exception&) {
      error = cause_of(std::current_exception());
    }
    const std::lock_guard lock(mutex_);
    seconds_ = std::chrono::duration<double>(Clock::now() - start).count();
    if (error) error_ = error;
    order_.reset();
    changed_.notify_all();
  }
}

/// A later start removes what it finds half written, which looks like failing storage to the one that writes.
std::exception_ptr CheckpointSaver::cause_of(std::exception_ptr error) const {
  try {
    store_.require_newest(incarnation_);
  } catch (const std::exception&) {
    return std::current_exception();
  }
  return error;
}

void CheckpointSaver::write_and_publish(const CheckpointOrder& order, const std::stop_token& stop) {
  copy_.wait();
  if (ranks_.rank() != 0) {
    const Parts parts = write_share(store_.join(order.iteration, incarnation_));
    const std::lock_guard lock(mutex_);
    news_ = news_of(parts);
    return;
  }
  pending_ = store_.begin(order.iteration, incarnation_);
  Parts own = write_share(*pending_);
  own.push_back(pending_->write_text(kTrainerPart, order.trainer));
  hear({news_of(own)});
  const std::optional<Parts> parts = parts_of_all(stop);
  if (!parts) return;
  sync_logs_();
  Manifest manifest = order.manifest;
  manifest.parts = *parts;
  pending_->publish(std::move(manifest));
  verify_one_kept(order.iteration);
  RetentionPolicy retention = order.retention;
  retention.damaged.insert(damaged_.begin(), damaged_.end());
  apply_retention(store_, retention, incarnation_);
}

CheckpointSaver::Parts CheckpointSaver::write_share(const CheckpointFolder& folder) const {
  Parts parts;
  for (const TensorPart& part : copy_.parts()) parts.push_back(folder.write_tensors(part.name, part.tensors));
  return parts;
}

/// @returns  nothing when the save is given up
std::optional<CheckpointSaver::Parts> CheckpointSaver::parts_of_all(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] { return told_.size() == names_.size() || given_up_; });
  if (told_.size() != names_.size()) return std::nullopt;
  Parts parts;
  for (const std::string& name : names_) {
    const auto found =
        std::find_if(told_.begin(), told_.end(), [&](const PartInfo& part) { return part.name == name; });
    if (found == told_.end()) throw CheckpointError(fmt::format("no rank has written {}", name));
    parts.push_back(*found);
  }
  return parts;
}

/// The one that was verified longest ago: storage may go bad long after it was written.
void CheckpointSaver::verify_one_kept(std::int64_t newest) {
  const std::vector<std::int64_t> listed = store_.list();
  std::erase_if(damaged_,
                [&](std::int64_t iteration) { return !std::binary_search(listed.begin(), listed.end(), iteration); });
  std::map<std::int64_t, std::uint64_t> verified;
  for (const std::int64_t iteration : listed) {
    if (iteration != newest && !damaged_.contains(iteration)) verified[iteration] = verified_[iteration];
  }
  verified_ = std::move(verified);
  const auto turn = std::min_element(
      verified_.begin(), verified_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (turn == verified_.end()) return;
  turn->second = ++verifications_;
  for (const std::string& problem : store_.problems_of(turn->first)) {
    damaged_.insert(turn->first);
    spdlog::warn("checkpoint of iteration {} has gone bad since it was written: {}", turn->first, problem);
  }
}

}  // namespace understudy
