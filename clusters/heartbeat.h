#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace understudy {

/// What a rank is busy with, as messages name it.
enum class Section : std::uint32_t {
  kStart,      ///< reading configuration, data and checkpoint, building networks
  kFirstStep,  ///< the first iteration of a start, which maps memory and plans kernels
  kData,       ///< waiting for the loader
  kStep,       ///< objectives, gradients and optimisers
  kExchange,   ///< bringing gradients together
  kValidation,
  kSamples,  ///< drawing sample pictures
  kSave,     ///< writing a checkpoint
  kEnd,      ///< leaving
};
inline constexpr std::size_t kSections = 9;
std::string_view name_of(Section section);
std::optional<Section> section_named(std::string_view name);

/// The collectives of one communicator as one rank counts them.
struct CollectiveReading {
  std::uint64_t entered = 0;
  std::uint64_t left = 0;
  std::string intent;  ///< of the last one entered
  bool waiting() const { return entered > left; }
};

/// How long a rank usually goes without a sign of life.
struct GapReading {
  std::uint64_t count = 0;
  double p99_seconds = 0.0;  ///< upper edge of the histogram's bin, at most a fifth too long
};

/// What a heartbeat says at one moment.
struct HeartbeatReading {
  std::uint64_t beats = 0;  ///< changes with every sign of life
  std::int64_t iteration = -1;
  Section section = Section::kStart;
  CollectiveReading collective;            ///< of the communicator that waits, else of the first
  std::array<GapReading, kSections> gaps;  ///< between signs of life; for kStep and kFirstStep: whole iterations
};

/// Signs of life of a rank, in memory that is shared with the process it was forked from: they can be read while every
/// thread of the rank is stuck, and after it has died. Writing takes tens of nanoseconds, no lock and no system call.
/// One thread marks sections; collectives may be marked from any thread, each communicator by one at a time.
class Heartbeat {
 public:
  static constexpr int kChannels = 4;

  /// @throws ClusterError  when the system gives no shared memory
  Heartbeat();
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// Its length is measured; during the first one of a start, the sections of a step read as kFirstStep.
  void begin_iteration(std::int64_t iteration);
  void end_iteration();
  /// Goes back to the section before when it ends.
  class Mark {
   public:
    Mark(Heartbeat& heartbeat, Section section);
    ~Mark();
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;

   private:
    Heartbeat& heartbeat_;
    Section former_;
  };
  /// A sign of life within a section.
  void beat();
  /// What another thread took for work of a section that this one may have to wait for.
  void took(Section section, double seconds);

  /// A number for the collectives of a further communicator; the last one is shared by all that come after it.
  int new_channel();
  void enter_collective(int channel, std::string_view intent);
  void leave_collective(int channel);

  /// Asks the rank to save and leave at the end of its iteration. May be called by the other process, and in a signal
  /// handler.
  void request_stop();
  bool stop_requested() const;

  HeartbeatReading read() const;

 private:
  struct Page;
  void change_section(Section section);

  Page* page_;
};

/// The state of one wait for other ranks: entered when made, left when it ends, also by an exception.
class CollectiveMark {
 public:
  CollectiveMark(Heartbeat* heartbeat, int channel, std::string_view intent)
      : heartbeat_(heartbeat), channel_(channel) {
    if (heartbeat_ != nullptr) heartbeat_->enter_collective(channel_, intent);
  }
  ~CollectiveMark() {
    if (heartbeat_ != nullptr) heartbeat_->leave_collective(channel_);
  }
  CollectiveMark(const CollectiveMark&) = delete;
  CollectiveMark& operator=(const CollectiveMark&) = delete;

 private:
  Heartbeat* heartbeat_;
  int channel_;
};

}  // namespace understudy
