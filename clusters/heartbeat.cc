#include "clusters/heartbeat.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <new>

#include <fmt/format.h>
#include <sys/mman.h>

#include "common/errors.h"

namespace understudy {
namespace {

constexpr std::array<std::string_view, kSections> kNames{
    "start", "first step", "data", "step", "exchange", "validation", "samples", "save", "end"};

constexpr std::size_t kIntentBytes = 96;
constexpr std::size_t kIntentWords = kIntentBytes / sizeof(std::uint64_t);

/// Bins of a gap in seconds: bin b ends at 1 ms x 2^(b / 4), the last one takes all that is longer (7 days).
constexpr std::size_t kBins = 120;

std::size_t bin_of(double seconds) {
  if (seconds <= 1e-3) return 0;
  return std::min(kBins - 1, static_cast<std::size_t>(std::ceil(4.0 * std::log2(seconds * 1e3))));
}

double upper_edge(std::size_t bin) {
  return 1e-3 * std::exp2(static_cast<double>(bin) / 4.0);
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

template <class T>
using Shared = std::atomic<T>;
static_assert(Shared<std::uint64_t>::is_always_lock_free && Shared<std::int64_t>::is_always_lock_free);

using Histogram = std::array<Shared<std::uint32_t>, kBins>;

/// Text that one thread writes and another process reads: the reader takes it when no writing began meanwhile.
class SharedText {
 public:
  void write(std::string_view text) {
    std::array<std::uint64_t, kIntentWords> words{};
    std::memcpy(words.data(), text.data(), std::min(text.size(), kIntentBytes - 1));
    version_.fetch_add(1);
    for (std::size_t i = 0; i < kIntentWords; ++i) words_[i].store(words[i]);
    version_.fetch_add(1);
  }
  std::string read() const {
    std::array<std::uint64_t, kIntentWords> words{};
    for (int attempt = 0; attempt < 100; ++attempt) {
      const std::uint64_t before = version_.load();
      for (std::size_t i = 0; i < kIntentWords; ++i) words[i] = words_[i].load();
      if (before % 2 == 0 && version_.load() == before) break;
    }
    std::array<char, kIntentBytes> bytes{};
    std::memcpy(bytes.data(), words.data(), kIntentBytes);
    bytes.back() = '\0';
    return bytes.data();
  }

 private:
  Shared<std::uint64_t> version_{0};
  std::array<Shared<std::uint64_t>, kIntentWords> words_{};
};

struct Channel {
  Shared<std::uint64_t> entered{0};
  Shared<std::uint64_t> left{0};
  SharedText intent;
};

bool belongs_to_iteration(Section section) {
  return section == Section::kData || section == Section::kStep || section == Section::kExchange;
}

GapReading summary_of(const Histogram& histogram) {
  GapReading reading;
  for (const auto& bin : histogram) reading.count += bin.load();
  std::uint64_t longer = 0;
  for (std::size_t bin = kBins; bin-- > 0;) {
    longer += histogram[bin].load();
    if (longer * 100 >= reading.count && longer > 0) {
      reading.p99_seconds = upper_edge(bin);
      break;
    }
  }
  return reading;
}

}  // namespace

struct Heartbeat::Page {
  Shared<std::uint64_t> beats{0};
  Shared<std::int64_t> iteration{-1};
  Shared<std::uint32_t> section{0};
  Shared<std::uint32_t> stop{0};
  Shared<std::uint32_t> channels{0};
  Shared<std::uint32_t> first_iteration{1};
  std::array<Channel, kChannels> collectives{};
  std::array<Histogram, kSections> gaps{};
  // Of the thread that marks sections only.
  std::int64_t last_beat_ns = 0;
  std::int64_t iteration_began_ns = 0;

  void count(Section of_section, std::int64_t gap_ns) {
    auto& bin = gaps[static_cast<std::size_t>(of_section)][bin_of(static_cast<double>(gap_ns) * 1e-9)];
    bin.fetch_add(1, std::memory_order_relaxed);
  }
};

std::string_view name_of(Section section) {
  return kNames[static_cast<std::size_t>(section)];
}

std::optional<Section> section_named(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Section>(found - kNames.begin());
}

Heartbeat::Heartbeat() {
  void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw ClusterError(fmt::format("no shared memory for the signs of life: {}", std::strerror(errno)));
  page_ = new (memory) Page;
  page_->last_beat_ns = now_ns();
}

Heartbeat::~Heartbeat() {
  ::munmap(page_, sizeof(Page));
}

void Heartbeat::beat() {
  const std::int64_t now = now_ns();
  const auto section = static_cast<Section>(page_->section.load(std::memory_order_relaxed));
  if (section != Section::kStep) page_->count(section, now - page_->last_beat_ns);
  page_->last_beat_ns = now;
  page_->beats.fetch_add(1, std::memory_order_relaxed);
}

void Heartbeat::took(Section section, double seconds) {
  page_->count(section, static_cast<std::int64_t>(seconds * 1e9));
}

void Heartbeat::begin_iteration(std::int64_t iteration) {
  beat();
  page_->iteration_began_ns = page_->last_beat_ns;
  page_->iteration.store(iteration, std::memory_order_relaxed);
}

void Heartbeat::end_iteration() {
  beat();
  const bool first = page_->first_iteration.exchange(0) != 0;
  page_->count(first ? Section::kFirstStep : Section::kStep, page_->last_beat_ns - page_->iteration_began_ns);
}

void Heartbeat::change_section(Section section) {
  beat();
  page_->section.store(static_cast<std::uint32_t>(section), std::memory_order_relaxed);
}

Heartbeat::Mark::Mark(Heartbeat& heartbeat, Section section)
    : heartbeat_(heartbeat), former_(static_cast<Section>(heartbeat.page_->section.load(std::memory_order_relaxed))) {
  heartbeat_.change_section(section);
}

Heartbeat::Mark::~Mark() {
  heartbeat_.change_section(former_);
}

int Heartbeat::new_channel() {
  return std::min(static_cast<int>(page_->channels.fetch_add(1)), kChannels - 1);
}

void Heartbeat::enter_collective(int channel, std::string_view intent) {
  Channel& state = page_->collectives[static_cast<std::size_t>(channel)];
  state.intent.write(intent);
  state.entered.fetch_add(1);
  page_->beats.fetch_add(1, std::memory_order_relaxed);
}

void Heartbeat::leave_collective(int channel) {
  page_->collectives[static_cast<std::size_t>(channel)].left.fetch_add(1);
  page_->beats.fetch_add(1, std::memory_order_relaxed);
}

void Heartbeat::request_stop() {
  page_->stop.store(1);
}

bool Heartbeat::stop_requested() const {
  return page_->stop.load() != 0;
}

HeartbeatReading Heartbeat::read() const {
  HeartbeatReading reading;
  reading.beats = page_->beats.load();
  reading.iteration = page_->iteration.load();
  reading.section = static_cast<Section>(page_->section.load());
  if (page_->first_iteration.load() != 0 && belongs_to_iteration(reading.section))
    reading.section = Section::kFirstStep;
  for (std::size_t i = 0; i < kChannels; ++i) {
    const Channel& state = page_->collectives[i];
    CollectiveReading collective{.entered = state.entered.load(), .left = state.left.load(), .intent = ""};
    if (i > 0 && !collective.waiting()) continue;
    collective.intent = state.intent.read();
    reading.collective = std::move(collective);
    if (reading.collective.waiting()) break;
  }
  for (std::size_t i = 0; i < kSections; ++i) reading.gaps[i] = summary_of(page_->gaps[i]);
  return reading;
}

}  // namespace understudy
