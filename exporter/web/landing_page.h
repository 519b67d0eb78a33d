#pragma once

#include <span>
#include <string>
#include <vector>

#include "exporter/web/routes.h"

namespace arkouda_exporter {

/// What somebody finds who opens the exporter's address in a browser. The texts are plain: any
/// characters.
struct LandingPage {
  struct Fact {
    std::string name;  ///< such as "Version"
    std::string value;
  };
  struct Link {
    std::string path;  ///< begins with a slash
    std::string about;
  };

  std::string title;
  std::vector<Fact> facts;
  std::vector<Link> links;
};

/// Links to those routes that are for people.
std::vector<LandingPage::Link> LinksTo(std::span<const Route> routes);

/// The page as HTML.
std::string RenderLandingPage(const LandingPage& page);

}  // namespace arkouda_exporter
