#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "exporter/web/handler.h"

namespace arkouda_exporter {

/// What a handler has answered so far. It may outlive the handler, and be answered on any thread
/// that the test then joins.
class Answered {
 public:
  Respond respond() {
    return Respond([state = state_](std::optional<Response> response) {
      state->is_settled = true;
      state->response = std::move(response);
    });
  }
  bool is_settled() const { return state_->is_settled; }
  /// nullopt when it was given up, or nothing has come yet.
  const std::optional<Response>& response() const { return state_->response; }

 private:
  struct State {
    bool is_settled = false;
    std::optional<Response> response;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// The answer of a handler that has it at once; the test fails when it has not.
inline Response AnswerOf(const Handler& handler, const Request& request) {
  Answered answered;
  handler(request, answered.respond());
  EXPECT_TRUE(answered.response()) << "no answer to " << request.path;
  return answered.response().value_or(Response{.status = 0});
}

}  // namespace arkouda_exporter
