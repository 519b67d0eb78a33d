#include "exporter/arkouda/targets_watch.h"

#include <utility>

namespace arkouda_exporter {

TargetsWatch::TargetsWatch(Settings settings, TargetsInForce start, OnChange on_change)
    : settings_(std::move(settings)),
      on_change_(std::move(on_change)),
      in_force_(std::move(start)),
      watch_("targets files", settings_.reread_interval,
             [this](const FileWatch::WatchFolder& watch_folder) { Reread(watch_folder); }) {}

void TargetsWatch::Reread(const FileWatch::WatchFolder& watch_folder) {
  TargetsInForce next =
      ReadTargets(settings_.sources, in_force_, settings_.wall_clock(), watch_folder);
  if (next.IsSameOnDisk(in_force_)) return;
  LogChanges(in_force_, next);
  in_force_ = std::move(next);
  on_change_(in_force_);
}

}  // namespace arkouda_exporter
