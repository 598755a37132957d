#pragma once

#include <string>
#include <string_view>

namespace understudy {

/// Who is on a clip, in which recording.
struct ClipName {
  std::string name;  ///< "identity#video#clip"
  std::string identity;
  std::string video;
};

/// From "identity#video#start#end", "identity#video#utterance#part" or any other two and more parts between '#'.
/// @throws ClipRejected  when there are no two parts, a part is empty, or a character has no place in a set
ClipName parse_clip_name(std::string_view stem);

/// From parts that folders and files name. @throws ClipRejected  also when a part holds '#'
ClipName join_clip_name(std::string_view identity, std::string_view video, std::string_view clip);

/// Whether a text can name a split, and so a folder: letters, digits, '-' and '_'.
bool is_split_name(std::string_view name);

}  // namespace understudy
