#include "exporter/web/password_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace arkouda_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PasswordQueueTest : public ::testing::Test {
 protected:
  // Who had to go, as "CLIENT USER PASSWORD"; empty: nobody.
  std::string Add(const std::string& client, const std::string& user,
                  const std::string& password = "x") {
    const auto gone = queue_.Add({.client = client, .user = user, .password = password});
    return gone ? TextOf(*gone) : "";
  }

  std::vector<std::string> TakeAll() {
    std::vector<std::string> taken;
    while (const auto job = queue_.TakeNext()) taken.push_back(TextOf(*job));
    EXPECT_TRUE(queue_.empty());
    return taken;
  }

  static std::string TextOf(const PasswordJob& job) {
    return job.client + " " + job.user + " " + job.password;
  }

  PasswordQueue queue_{6};
};

TEST_F(PasswordQueueTest, ClientsComeInTurn) {
  for (const char* password : {"1", "2", "3"}) Add("a", "ann", password);
  Add("b", "ann", "1");
  Add("b", "ann", "2");
  Add("c", "ann", "1");
  EXPECT_THAT(TakeAll(),
              ElementsAre("a ann 1", "b ann 1", "c ann 1", "a ann 2", "b ann 2", "a ann 3"));
  EXPECT_THAT(TakeAll(), IsEmpty());
}

TEST_F(PasswordQueueTest, WhoComesAgainHasTheLastTurn) {
  Add("a", "ann", "1");
  Add("b", "ann", "1");
  EXPECT_EQ(TextOf(queue_.TakeNext().value()), "a ann 1");
  Add("a", "ann", "2");
  Add("c", "ann", "1");
  EXPECT_THAT(TakeAll(), ElementsAre("b ann 1", "a ann 2", "c ann 1"));
}

TEST_F(PasswordQueueTest, TheUsersOfAClientComeInTurn) {
  for (const char* password : {"1", "2", "3"}) Add("a", "ann", password);
  Add("a", "bob", "1");
  Add("b", "ann", "1");
  EXPECT_THAT(TakeAll(), ElementsAre("a ann 1", "b ann 1", "a bob 1", "a ann 2", "a ann 3"));
}

TEST_F(PasswordQueueTest, WhoSendsMostMakesRoom) {
  for (const char* password : {"1", "2", "3", "4", "5"}) EXPECT_EQ(Add("a", "ann", password), "");
  EXPECT_EQ(Add("a", "bob", "1"), "");
  EXPECT_EQ(Add("a", "bob", "2"), "a ann 5");
  EXPECT_EQ(Add("b", "ann", "1"), "a ann 4");
  EXPECT_EQ(Add("b", "ann", "2"), "a ann 3");
  EXPECT_EQ(Add("a", "ann", "6"), "a ann 6");
  EXPECT_THAT(TakeAll(),
              ElementsAre("a ann 1", "b ann 1", "a bob 1", "b ann 2", "a ann 2", "a bob 2"));
}

TEST_F(PasswordQueueTest, NamesWithoutEndKeepNoOtherClientOut) {
  for (int i = 0; i < 1000; ++i) Add("a", "user" + std::to_string(i));
  EXPECT_EQ(Add("b", "ann"), "a user5 x");
  EXPECT_EQ(Add("a", "one more"), "a one more x");
  EXPECT_THAT(TakeAll(), ElementsAre("a user0 x", "b ann x", "a user1 x", "a user2 x", "a user3 x",
                                     "a user4 x"));
}

}  // namespace
}  // namespace arkouda_exporter
