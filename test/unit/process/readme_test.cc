// The README's tables of families and options say what the code does.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "exporter/metrics/family_table.h"
#include "exporter/metrics/process_metrics.h"
#include "exporter/process/flag_documents.h"
#include "test/unit/known_target.h"

namespace arkouda_exporter {
namespace {

std::string Readme() {
  std::ifstream file(README);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The families of a page with their type, as its `# TYPE` lines have them.
std::set<std::string> TypeLines(const std::string& page) {
  const std::regex type_line("# TYPE (\\S+ \\S+)\n");
  std::set<std::string> lines;
  for (std::sregex_iterator match(page.begin(), page.end(), type_line), end; match != end;
       ++match) {
    lines.insert((*match)[1]);
  }
  return lines;
}

// The rows of the README whose first cell is a family, with what `row` finds in them.
std::vector<std::smatch> Rows(const std::string& readme, const std::string& row) {
  const std::regex pattern(row);
  return {std::sregex_iterator(readme.begin(), readme.end(), pattern), std::sregex_iterator()};
}

TEST(ReadmeFamilies, TheTableOfArkoudasFamiliesIsTheFamilyTable) {
  std::string expected;
  for (const Family& family : ArkoudaFamilies()) {
    expected += "`" + std::string(family.name) + "` |";
    std::string separator = " ";
    for (const Label& label : family.labels) {
      expected += separator + "`" + std::string(label.name) + "`";
      separator = ", ";
    }
    expected += " |\n";
  }
  const std::string readme = Readme();
  const std::string heading = "| family | labels beside `arkouda_server_name` | says |\n";
  const std::size_t begin = readme.find(heading);
  ASSERT_NE(begin, std::string::npos) << "the README has no line " << heading;
  const std::string table = readme.substr(begin, readme.find("\n\n", begin) - begin);
  std::string documented;
  for (const std::smatch& row : Rows(table, "\\| (`arkouda_[a-z_]+` \\|[^|]*\\|)")) {
    documented += row.str(1) + "\n";
  }
  EXPECT_EQ(documented, expected);
}

TEST(ReadmeFamilies, TheTableOfTheExportersOwnFamiliesIsThePages) {
  const testing::KnownTarget target;
  std::string process;
  AppendFamilies(process, {{BuildInfoFamily()}});
  AppendFamilies(process, TargetsFamilies(1, {{.path = "targets.json"}}));
  AppendFamilies(process, {{WebConfigFamily(true)}});
  const std::set<std::string> on_page = TypeLines(target.page() + process);
  const std::string readme = Readme();
  std::set<std::string> documented;
  for (const std::smatch& row :
       Rows(readme, "\\| `(arkouda_(?:up|exporter_[a-z_]+))(?:\\{[a-z,]*\\})?` \\| ([a-z]+) \\|")) {
    documented.insert(row.str(1) + " " + row.str(2));
  }
  EXPECT_EQ(documented, on_page);
}

TEST(ReadmeFamilies, EveryResultAndEveryReasonIsDocumented) {
  const std::string readme = Readme();
  for (const std::string_view name : kPollResultNames) {
    EXPECT_NE(readme.find("`" + std::string(name) + "`"), std::string::npos) << name;
  }
  for (const std::string_view name : kSkipReasonNames) {
    EXPECT_NE(readme.find("`" + std::string(name) + "`"), std::string::npos) << name;
  }
}

TEST(ReadmeOptions, TheTableOfOptionsIsMadeOfTheFlags) {
  const std::string readme = Readme();
  const std::string table = OptionsTable();
  const std::size_t begin = readme.find(table.substr(0, table.find('\n')));
  ASSERT_NE(begin, std::string::npos) << "the README has no table of options";
  EXPECT_EQ(readme.substr(begin, readme.find("\n\n", begin) + 1 - begin), table)
      << "the build writes it: exporter/documents/options.md";
}

}  // namespace
}  // namespace arkouda_exporter
