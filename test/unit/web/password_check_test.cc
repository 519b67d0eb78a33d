#include "exporter/web/password_check.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <new>
#include <numeric>
#include <string>
#include <vector>

#include "test/support/bcrypt.h"

namespace arkouda_exporter {
namespace {

using Verdict = PasswordCheck::Verdict;

std::future<Verdict> Begin(PasswordCheck& check, std::string_view user, std::string_view password) {
  auto promise = std::make_shared<std::promise<Verdict>>();
  check.Check({.client = "10.0.0.1",
               .user = std::string(user),
               .password = std::string(password),
               .done = [promise](Verdict verdict) { promise->set_value(verdict); }});
  return promise->get_future();
}

Verdict VerdictOf(PasswordCheck& check, std::string_view user, std::string_view password) {
  return Begin(check, user, password).get();
}

/// Keeps the thread of a check occupied until it is released.
class Occupied {
 public:
  explicit Occupied(PasswordCheck& check) {
    std::promise<void> begun;
    check.Check(
        {.user = "occupied", .done = [&, released = released_.get_future().share()](Verdict) {
           begun.set_value();
           released.wait();
         }});
    begun.get_future().wait();
  }
  void Release() { released_.set_value(); }

 private:
  std::promise<void> released_;
};

TEST(PasswordCheckTest, EachKindOfBcryptHashIsTakenAndThePasswordMustBeRight) {
  for (const char* kind : {"$2a$", "$2b$", "$2y$"}) {
    PasswordCheck check;
    check.SetUsers(
        {{"alice", testing::BcryptOf("secret", kind)}, {"bob", testing::BcryptOf("other", kind)}});
    EXPECT_EQ(VerdictOf(check, "alice", "secret"), Verdict::kRight);
    EXPECT_EQ(VerdictOf(check, "bob", "other"), Verdict::kRight);
    for (const char* wrong : {"", "Secret", "secret ", "secre", "other"}) {
      EXPECT_EQ(VerdictOf(check, "alice", wrong), Verdict::kWrong) << wrong;
    }
  }
}

TEST(PasswordCheckTest, AHashThatSomebodyElseMadeIsTaken) {
  PasswordCheck check;
  // Test vectors of OpenBSD's and Openwall's bcrypt.
  check.SetUsers({{"u", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}});
  EXPECT_EQ(VerdictOf(check, "u", "U*U"), Verdict::kRight);
  EXPECT_EQ(VerdictOf(check, "u", "U*U*"), Verdict::kWrong);
}

TEST(PasswordCheckTest, ANameThatNobodyHasComesInWithNoPassword) {
  PasswordCheck check;
  EXPECT_EQ(VerdictOf(check, "alice", "secret"), Verdict::kWrong) << "there are no users";
  check.SetUsers({{"alice", testing::BcryptOf("secret")}});
  EXPECT_EQ(VerdictOf(check, "bob", "secret"), Verdict::kWrong);
  EXPECT_EQ(VerdictOf(check, "", "secret"), Verdict::kWrong);
  EXPECT_FALSE(check.IsRemembered("bob", "secret"));
}

TEST(PasswordCheckTest, ANameThatNobodyHasIsNotAnsweredAtOnce) {
  PasswordCheck check;
  check.SetUsers({{"alice", testing::BcryptOf("secret")}});
  Occupied occupied(check);
  auto known = Begin(check, "alice", "wrong");
  auto unknown = Begin(check, "bob", "wrong");
  EXPECT_NE(known.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_NE(unknown.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  occupied.Release();
  EXPECT_EQ(known.get(), Verdict::kWrong);
  EXPECT_EQ(unknown.get(), Verdict::kWrong);
}

TEST(PasswordCheckTest, AWrongPasswordTakesAsMuchAsTheCostliestHash) {
  for (const int cost : {4, 5, 9, 10}) {
    const std::vector<int> costs = PasswordCheck::CostsOfWrong(cost, 10);
    EXPECT_EQ(costs.front(), cost);
    const auto rounds = std::accumulate(costs.begin(), costs.end(), 0,
                                        [](int sum, int each) { return sum + (1 << each); });
    EXPECT_EQ(rounds, 1 << 10) << cost;
  }
}

TEST(PasswordCheckTest, NothingBehindAZeroByteIsLeftOut) {
  PasswordCheck check;
  check.SetUsers({{"alice", testing::BcryptOf("secret")}});
  constexpr std::string_view kWithZero("secret\0x", 8);
  EXPECT_EQ(VerdictOf(check, "alice", kWithZero), Verdict::kWrong);
  EXPECT_EQ(VerdictOf(check, "alice", "secret"), Verdict::kRight);
  EXPECT_FALSE(check.IsRemembered("alice", kWithZero));
}

TEST(PasswordCheckTest, APasswordLongerThanBcryptLooksAtIsTaken) {
  const std::string password(200, 'x');
  PasswordCheck check;
  check.SetUsers({{"alice", testing::BcryptOf(password)}});
  EXPECT_EQ(VerdictOf(check, "alice", password), Verdict::kRight);
  EXPECT_TRUE(check.IsRemembered("alice", password));
  EXPECT_EQ(VerdictOf(check, "alice", std::string(71, 'x')), Verdict::kWrong);
  EXPECT_EQ(VerdictOf(check, "alice", std::string(30'000, 'y')), Verdict::kWrong);
}

TEST(PasswordCheckTest, ARightPasswordIsRememberedUntilItsHashChanges) {
  const std::string hash = testing::BcryptOf("secret");
  PasswordCheck check;
  check.SetUsers({{"alice", hash}});
  EXPECT_FALSE(check.IsRemembered("alice", "secret"));
  VerdictOf(check, "alice", "wrong");
  EXPECT_FALSE(check.IsRemembered("alice", "wrong"));
  VerdictOf(check, "alice", "secret");
  EXPECT_TRUE(check.IsRemembered("alice", "secret"));
  EXPECT_FALSE(check.IsRemembered("alice", "wrong"));
  check.SetUsers({{"alice", hash}, {"bob", testing::BcryptOf("other")}});
  EXPECT_TRUE(check.IsRemembered("alice", "secret")) << "nothing has changed for this user";
  check.SetUsers({{"alice", testing::BcryptOf("secret")}});
  EXPECT_FALSE(check.IsRemembered("alice", "secret")) << "it is another hash";
  VerdictOf(check, "alice", "secret");
  check.SetUsers({});
  EXPECT_FALSE(check.IsRemembered("alice", "secret")) << "the user is gone";
}

TEST(PasswordCheckTest, WhatNobodyMayUseAnyMoreIsWrongEvenIfItWasAskedBefore) {
  PasswordCheck check;
  check.SetUsers({{"alice", testing::BcryptOf("secret")}});
  Occupied occupied(check);
  auto verdict = Begin(check, "alice", "secret");
  check.SetUsers({{"alice", testing::BcryptOf("new secret")}});
  occupied.Release();
  EXPECT_EQ(verdict.get(), Verdict::kWrong);
}

TEST(PasswordCheckTest, OfMoreThanAFewThatWaitTheNextIsTurnedAwayAtOnce) {
  PasswordCheck check;
  check.SetUsers({{"alice", testing::BcryptOf("secret")}});
  Occupied occupied(check);
  std::vector<std::future<Verdict>> waiting;
  for (int i = 0; i < 64; ++i) waiting.push_back(Begin(check, "alice", "secret"));
  auto next = Begin(check, "alice", "secret");
  ASSERT_EQ(next.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(next.get(), Verdict::kBusy);
  occupied.Release();
  for (auto& verdict : waiting) EXPECT_EQ(verdict.get(), Verdict::kRight);
}

TEST(PasswordCheckTest, WhatIsThrownCostsNobodyElseAnAnswer) {
  PasswordCheck check;
  check.SetUsers({{"alice", testing::BcryptOf("secret")}});
  const auto throws = [](Verdict) { throw std::bad_alloc(); };
  check.Check({.user = "alice", .password = "wrong", .done = throws});
  EXPECT_EQ(VerdictOf(check, "alice", "secret"), Verdict::kRight);
}

TEST(PasswordCheckTest, EverybodyIsAnsweredWhenItEnds) {
  std::vector<std::future<Verdict>> waiting;
  {
    PasswordCheck check;
    check.SetUsers({{"alice", testing::BcryptOf("secret", "$2y$", 8)}});
    for (int i = 0; i < 64; ++i) waiting.push_back(Begin(check, "alice", "wrong"));
  }
  for (auto& verdict : waiting) {
    ASSERT_EQ(verdict.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_NE(verdict.get(), Verdict::kRight);
  }
}

}  // namespace
}  // namespace arkouda_exporter
