#pragma once

#include <sys/types.h>

#include <string>

namespace arkouda_exporter {

/// The login name of a user, as the system knows it, or the number where it knows none. May wait
/// for a directory service. Any thread.
std::string UserName(uid_t user);

}  // namespace arkouda_exporter
