#include "data_pipeline/picture_folder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_number(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  const std::size_t zeros = std::min(number.find_first_not_of('0'), number.size());
  return number.substr(zeros);
}

bool is_picture_name(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (name.starts_with('.')) return false;
  std::string extension = path.extension().string();
  std::transform(
      extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view number_a = take_number(a);
      const std::string_view number_b = take_number(b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
    } else {
      if (a.front() != b.front()) return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;  // equal but for leading zeros
}

bool begins_like_picture(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) return false;
  std::array<char, 8> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  const std::string_view bytes(start.data(), start.size());
  return bytes == "\x89PNG\r\n\x1A\n" || bytes.substr(0, 3) == "\xFF\xD8\xFF";
}

std::vector<std::filesystem::path> list_pictures(const std::filesystem::path& folder) {
  std::error_code failure;
  std::vector<std::filesystem::path> pictures;
  for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (is_picture_name(entry->path()) && entry->is_regular_file()) pictures.push_back(entry->path());
  }
  if (failure) throw DataError(fmt::format("{}: cannot list the folder: {}", folder.string(), failure.message()));
  if (pictures.empty()) {
    throw DataError(fmt::format(
        "{}: the folder holds no picture; .png, .jpg and .jpeg files are looked for directly in it", folder.string()));
  }
  std::sort(pictures.begin(), pictures.end(), [](const auto& a, const auto& b) {
    return natural_less(a.filename().native(), b.filename().native());
  });
  return pictures;
}

}  // namespace understudy
