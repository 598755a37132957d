#include "tests/support/recorded_files.h"

#include <utility>

namespace understudy {
namespace {

using Kind = FileStep::Kind;

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class RecordedFile : public OutputFile {
 public:
  RecordedFile(std::unique_ptr<OutputFile> file,
               FileStep step,
               std::shared_ptr<FileSteps> steps,
               RecordedFiles::Options options)
      : file_(std::move(file)), step_(std::move(step)), steps_(std::move(steps)), options_(std::move(options)) {}

  void write(std::span<const std::byte> bytes) override {
    FileStep step = of(Kind::kWrite);
    step.bytes = text_of(bytes);
    try {
      announce(step);
    } catch (...) {
      put(bytes.first(bytes.size() / 2));
      throw;
    }
    put(bytes);
  }
  void sync() override {
    announce(of(Kind::kSync));
    if (options_.really_sync) file_->sync();
    steps_->add(of(Kind::kSync));
  }
  void close() override {
    announce(of(Kind::kClose));
    file_->close();
    steps_->add(of(Kind::kClose));
  }

 private:
  void announce(const FileStep& step) const {
    if (options_.before) options_.before(step);
  }
  void put(std::span<const std::byte> bytes) {
    file_->write(bytes);
    FileStep step = of(Kind::kWrite);
    step.bytes = text_of(bytes);
    steps_->add(std::move(step));
  }
  FileStep of(Kind kind) const {
    FileStep step = step_;
    step.kind = kind;
    return step;
  }

  std::unique_ptr<OutputFile> file_;
  FileStep step_;
  std::shared_ptr<FileSteps> steps_;
  RecordedFiles::Options options_;
};

}  // namespace

RecordedFiles::RecordedFiles(Options options) : options_(std::move(options)) {}

void RecordedFiles::announce(const FileStep& step) const {
  if (options_.before) options_.before(step);
}

std::unique_ptr<OutputFile> RecordedFiles::noted(std::unique_ptr<OutputFile> file,
                                                 Kind kind,
                                                 const std::filesystem::path& path) const {
  if (!file) return nullptr;
  const FileStep step{.kind = kind, .path = path, .other = {}, .bytes = {}, .file = (*files_)++};
  steps_->add(step);
  return std::make_unique<RecordedFile>(std::move(file), step, steps_, options_);
}

std::unique_ptr<OutputFile> RecordedFiles::create(const std::filesystem::path& path) const {
  announce({.kind = Kind::kCreate, .path = path, .other = {}, .bytes = {}});
  return noted(system_files().create(path), Kind::kCreate, path);
}

std::unique_ptr<OutputFile> RecordedFiles::create_new(const std::filesystem::path& path) const {
  announce({.kind = Kind::kCreate, .path = path, .other = {}, .bytes = {}});
  return noted(system_files().create_new(path), Kind::kCreate, path);
}

std::unique_ptr<OutputFile> RecordedFiles::append(const std::filesystem::path& path) const {
  announce({.kind = Kind::kAppend, .path = path, .other = {}, .bytes = {}});
  return noted(system_files().append(path), Kind::kAppend, path);
}

bool RecordedFiles::make_folder(const std::filesystem::path& path) const {
  const FileStep step{.kind = Kind::kFolder, .path = path, .other = {}, .bytes = {}};
  announce(step);
  const bool made = system_files().make_folder(path);
  if (made) steps_->add(step);
  return made;
}

void RecordedFiles::rename(const std::filesystem::path& from, const std::filesystem::path& to) const {
  const FileStep step{.kind = Kind::kRename, .path = from, .other = to, .bytes = {}};
  announce(step);
  system_files().rename(from, to);
  steps_->add(step);
}

bool RecordedFiles::exchange(const std::filesystem::path& a, const std::filesystem::path& b) const {
  const FileStep step{.kind = Kind::kExchange, .path = a, .other = b, .bytes = {}};
  if (!options_.can_exchange) return false;
  announce(step);
  const bool done = system_files().exchange(a, b);
  if (done) steps_->add(step);
  return done;
}

bool RecordedFiles::link(const std::filesystem::path& file, const std::filesystem::path& name) const {
  const FileStep step{.kind = Kind::kLink, .path = file, .other = name, .bytes = {}};
  announce(step);
  const bool made = system_files().link(file, name);
  if (made) steps_->add(step);
  return made;
}

void RecordedFiles::symlink(const std::filesystem::path& target, const std::filesystem::path& name) const {
  const FileStep step{.kind = Kind::kSymlink, .path = target, .other = name, .bytes = {}};
  announce(step);
  system_files().symlink(target, name);
  steps_->add(step);
}

bool RecordedFiles::remove(const std::filesystem::path& path) const {
  const FileStep step{.kind = Kind::kRemove, .path = path, .other = {}, .bytes = {}};
  announce(step);
  const bool removed = system_files().remove(path);
  if (removed) steps_->add(step);
  return removed;
}

void RecordedFiles::sync_folder(const std::filesystem::path& folder) const {
  const FileStep step{.kind = Kind::kSyncFolder, .path = folder, .other = {}, .bytes = {}};
  announce(step);
  if (options_.really_sync) system_files().sync_folder(folder);
  steps_->add(step);
}

}  // namespace understudy
