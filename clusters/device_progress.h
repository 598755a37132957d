#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include <c10/core/Device.h>

#include "clusters/heartbeat.h"

namespace understudy {

/// Collectives that are queued on a device, in their order, published as the device comes to them: the host is seconds
/// ahead, and where it waits says nothing of whom it waits for. Does not look by itself.
class CollectiveQueue {
 public:
  /// Asked again and again from one thread until it is true.
  using Question = std::function<bool()>;

  CollectiveQueue(Heartbeat& heartbeat, int channel) : heartbeat_(heartbeat), channel_(channel) {}
  /// A collective that begins when the device has done all that was queued before.
  void add(std::string intent, Question reached, Question done);
  /// Publishes what the device has reached by now. @returns  whether nothing is left to wait for
  bool look();

 private:
  struct Entry {
    std::string intent;
    Question reached;
    Question done;
    bool entered = false;
  };
  Heartbeat& heartbeat_;
  int channel_;
  std::deque<Entry> entries_;
};

/// Follows a device's collectives with a thread of its own, which lives while they are under way and asks the device
/// without making it wait. Nothing to do on CPUs: there the host itself waits.
class DeviceProgress {
 public:
  explicit DeviceProgress(Heartbeat& heartbeat);
  ~DeviceProgress();
  DeviceProgress(const DeviceProgress&) = delete;
  DeviceProgress& operator=(const DeviceProgress&) = delete;

  /// Before a collective is queued on the device's current stream; any thread. Of a processor, which queues nothing,
  /// the answer is yes at once.
  CollectiveQueue::Question mark(c10::Device device);
  /// After it was queued. @param reached  from `mark`  @param done  has the collective ended?
  void add(std::string intent, CollectiveQueue::Question reached, CollectiveQueue::Question done);

 private:
  void follow();

  std::mutex mutex_;
  std::condition_variable changed_;
  CollectiveQueue queue_;
  bool pending_ = false;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace understudy
