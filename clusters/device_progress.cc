#include "clusters/device_progress.h"

#include <chrono>
#include <memory>
#include <utility>

#include <c10/core/Event.h>

namespace understudy {
namespace {

/// Short against the seconds after which a run counts as hanging, long against what asking costs.
constexpr auto kLookEvery = std::chrono::milliseconds(20);

}  // namespace

void CollectiveQueue::add(std::string intent, Question reached, Question done) {
  entries_.push_back({std::move(intent), std::move(reached), std::move(done)});
}

bool CollectiveQueue::look() {
  while (!entries_.empty()) {
    Entry& entry = entries_.front();
    if (!entry.entered) {
      if (!entry.reached()) break;
      heartbeat_.enter_collective(channel_, entry.intent);
      entry.entered = true;
    }
    if (!entry.done()) break;
    heartbeat_.leave_collective(channel_);
    entries_.pop_front();
  }
  return entries_.empty();
}

DeviceProgress::DeviceProgress(Heartbeat& heartbeat)
    : queue_(heartbeat, heartbeat.new_channel()), thread_([this] { follow(); }) {}

DeviceProgress::~DeviceProgress() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

CollectiveQueue::Question DeviceProgress::mark(c10::Device device) {
  if (device.is_cpu()) return [] { return true; };
  const auto event = std::make_shared<c10::Event>(device.type());
  event->record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
  return [event] { return event->query(); };
}

void DeviceProgress::add(std::string intent, CollectiveQueue::Question reached, CollectiveQueue::Question done) {
  {
    const std::lock_guard lock(mutex_);
    queue_.add(std::move(intent), std::move(reached), std::move(done));
    pending_ = true;
  }
  changed_.notify_all();
}

void DeviceProgress::follow() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || pending_; });
    if (closing_) return;
    try {
      pending_ = !queue_.look();
    } catch (const std::exception&) {
      return;  // the device is broken; the thread that computes meets the same error and reports it
    }
    if (pending_) changed_.wait_for(lock, kLookEvery, [this] { return closing_; });
  }
}

}  // namespace understudy
