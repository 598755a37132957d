#include "data_pipeline/npz_file.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include "common/errors.h"
#include "data_pipeline/small_file.h"

namespace understudy {
namespace {

constexpr zip_int64_t kMostEntries = 1000;
constexpr std::string_view kSuffix = ".npy";

struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

}  // namespace

/// The archive in memory, so that what was checked is what is read.
struct NpzFile::Archive {
  std::string bytes;
  zip_t* zip = nullptr;

  Archive(std::string contents, const std::string& path) : bytes(std::move(contents)) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (source != nullptr) zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (zip == nullptr) zip_source_free(source);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    if (zip == nullptr) throw DataError(fmt::format("{}: no .npz archive: {}", path, reason));
  }
  ~Archive() { zip_discard(zip); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  /// @throws DataError
  std::string read(const std::string& entry, const std::string& what) const;
};

std::string NpzFile::Archive::read(const std::string& entry, const std::string& what) const {
  const auto fail = [&](std::string_view reason) -> void { throw DataError(fmt::format("{}: {}", what, reason)); };
  zip_stat_t status;
  if (zip_stat(zip, entry.c_str(), 0, &status) != 0) fail(zip_strerror(zip));
  constexpr zip_uint64_t kWanted = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((status.valid & kWanted) != kWanted) fail("the archive does not say its size");
  if (status.encryption_method != ZIP_EM_NONE) fail("is encrypted");
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE)
    fail("is neither stored nor deflated; write it with numpy.savez or savez_compressed");
  if (status.size > kMostSmallFileBytes)
    fail(fmt::format("unpacks to {} bytes, more than {}", status.size, kMostSmallFileBytes));
  const std::unique_ptr<zip_file_t, CloseEntry> file(zip_fopen(zip, entry.c_str(), 0));
  if (!file) fail(zip_strerror(zip));
  std::string contents(status.size, '\0');
  const zip_int64_t got = zip_fread(file.get(), contents.data(), contents.size());
  char beyond = 0;  // libzip compares the CRC when it meets the end
  if (got != static_cast<zip_int64_t>(contents.size()) || zip_fread(file.get(), &beyond, 1) != 0)
    fail(fmt::format("damaged: {}", zip_file_strerror(file.get())));
  return contents;
}

NpzFile::NpzFile(const std::filesystem::path& path)
    : path_(path.string()), archive_(std::make_unique<Archive>(read_small_file(path), path_)) {
  const zip_int64_t entries = zip_get_num_entries(archive_->zip, 0);
  if (entries > kMostEntries)
    throw DataError(fmt::format("{}: {} entries, more than {}", path_, entries, kMostEntries));
  for (zip_int64_t i = 0; i < entries; ++i) {
    const char* raw = zip_get_name(archive_->zip, static_cast<zip_uint64_t>(i), 0);
    std::string name = raw == nullptr ? "" : raw;
    if (!name.ends_with(kSuffix)) continue;
    name.resize(name.size() - kSuffix.size());
    names_.push_back(std::move(name));
  }
  if (names_.empty()) throw DataError(fmt::format("{}: the archive holds no array", path_));
}

NpzFile::~NpzFile() = default;

bool NpzFile::has(std::string_view name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

NpyArray NpzFile::read(std::string_view name) const {
  if (!has(name)) throw DataError(fmt::format("{}: no array \"{}\" among {}", path_, name, fmt::join(names_, ", ")));
  const std::string what = fmt::format("{}: {}", path_, name);
  return parse_npy(archive_->read(std::string(name) + std::string(kSuffix), what), what);
}

}  // namespace understudy
