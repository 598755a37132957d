#pragma once

#include <string>
#include <string_view>

namespace understudy {

/// `text` as one word for sh and bash, quoted only where it needs to be.
std::string quote_for_shell(std::string_view text);

/// `text` as one word of an #SBATCH line. sbatch reads these lines itself and other than a shell does: a backslash
/// escapes within any quotes, and # begins a comment even within them.
std::string quote_for_sbatch(std::string_view text);

}  // namespace understudy
