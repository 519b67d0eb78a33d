#include "exporter/web/handler.h"

#include <atomic>
#include <utility>

namespace arkouda_exporter {

class Respond::Once {
 public:
  explicit Once(Deliver deliver) : deliver_(std::move(deliver)) {}
  ~Once() { Use(std::nullopt); }
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  void Use(std::optional<Response> response) {
    if (!used_.test_and_set()) deliver_(std::move(response));
  }

 private:
  const Deliver deliver_;
  std::atomic_flag used_;
};

Respond::Respond(Deliver deliver) : once_(std::make_shared<Once>(std::move(deliver))) {}

void Respond::operator()(Response response) const { once_->Use(std::move(response)); }

Handler AtOnce(std::function<Response(const Request&)> answer) {
  return [answer = std::move(answer)](const Request& request, const Respond& respond) {
    respond(answer(request));
  };
}

}  // namespace arkouda_exporter
