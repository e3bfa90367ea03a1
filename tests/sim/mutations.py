"""Seeded bugs that the simulator must find: each is one change of the text of one file.

(name, file, what stands there, what shall stand there, the scenario that finds it; "ring": the tests in ring/)
"""

MUTATIONS = [
    # The scheduler and cancellation.
    ("lost job", "runtime/ready_queue.hpp",
     "      ring_[pushed_++ % ring_jobs] = &job;\n",
     "      ring_[pushed_ % ring_jobs] = &job;\n"
     "      if (size() != 2) ++pushed_;\n",
     "random_tasks"),
    ("lost wake-up", "runtime/scheduler.cpp",
     "  job_->state_ = Job::State::ready;\n",
     "  job_->state_ = Job::State::ready;\n"
     "  if (Scheduler::current().resumed_count() % 64 == 63) return;\n",
     "random_tasks"),
    ("a cancelled task waits on", "runtime/scheduler.cpp",
     "  if (job->cancel_requested_) [[unlikely]] {",
     "  if (job->cancel_requested_ && where.line() == 0) {",
     "random_tasks"),
    ("only the first root is cancelled", "runtime/scheduler.cpp",
     "root != nullptr; root = root->next) {\n"
     "    for (Job* job = root->owner->next_child(nullptr)",
     "root != nullptr; root = nullptr) {\n"
     "    for (Job* job = root->owner->next_child(nullptr)",
     "random_tasks"),
    ("a frame is not destroyed", "runtime/scheduler.cpp",
     "    frame->handle().destroy();\n"
     "    if (is_last",
     "    if (is_last) frame->handle().destroy();\n"
     "    if (is_last",
     "random_tasks"),
    ("the waiters of a future but one are forgotten", "runtime/future.cpp",
     "    first_ = waiter->next;\n",
     "    first_ = nullptr;\n",
     "futures"),
    ("background tasks outlive the main task", "io/loop.hpp",
     "      scheduler_.cancel_roots();\n"
     "      if (scheduler_.root_count() == 1)",
     "      if (scheduler_.root_count() == 1)",
     "random_tasks"),
    # Owners of tasks.
    ("a scope does not wait for its tasks", "runtime/scope.cpp",
     "  if (task_count_ > 0 || !body_ended_) return;",
     "  if (!body_ended_ || (task_count_ > 0 && failure_ == nullptr)) return;",
     "random_tasks"),
    ("a failure does not stop its siblings", "runtime/scope.cpp",
     "  failure_ = std::move(error);\n"
     "  cancel();\n",
     "  failure_ = std::move(error);\n",
     "random_tasks"),
    ("cancelling a scope forgets its tasks", "runtime/scope.cpp",
     "  body_.cancel();\n"
     "  cancel_tasks();\n",
     "  body_.cancel();\n",
     "random_tasks"),
    ("a join reports the last failure", "runtime/join.hpp",
     "      if (error_ == nullptr) {\n"
     "        error_ = std::move(error);\n"
     "      } else {",
     "      {\n"
     "        error_ = error;\n"
     "      }\n"
     "      if (error_ == nullptr) {",
     "random_tasks"),
    ("a cancelled join loses a failure", "runtime/join.hpp",
     "      if (unwound_ && error_ == nullptr) {",
     "      if (unwound_) {",
     "random_tasks"),
    ("the losers of a pick run on", "runtime/pick.hpp",
     "      winner_ = &job;\n"
     "      cancel_all();\n",
     "      winner_ = &job;\n",
     "random_tasks"),
    ("the last of a pick wins", "runtime/pick.hpp",
     "    if (!unwound && winner_ == nullptr) {",
     "    if (!unwound) {",
     "random_tasks"),
    ("a shield lets cancellation through", "runtime/protect.hpp",
     "  void cancel() noexcept override { tell(); }",
     "  void cancel() noexcept override { this->job_.cancel(); }",
     "random_tasks"),
    ("a shielded task is not told", "runtime/protect.hpp",
     "  void cancel() noexcept override { tell(); }",
     "  void cancel() noexcept override {}",
     "random_tasks"),
    ("a choice waits for the first it was given", "runtime/choose.hpp",
     "    if (untold_count_ == 0) choose_one();\n",
     "    if (untold_count_ == 0 && futures_[0].state() == FutureState::Sleep) return;\n"
     "    if (untold_count_ == 0) choose_one();\n",
     "random_tasks"),
    ("a stream is cut one value short", "runtime/stream_operations.hpp",
     "for (; count > 0; --count)",
     "for (; count > 1; --count)",
     "random_tasks"),
    ("a broadcast forgets the last in line", "runtime/condition.hpp",
     "    while (!waiters_.empty()) signal(value...);",
     "    while (waiters_.size() > 1) signal(value...);",
     "random_tasks"),
    ("the last to come is served first", "runtime/wait_queue.hpp",
     "    QueuedWait& wait = *first_;",
     "    QueuedWait& wait = *last_;",
     "locks"),
    ("a task that finds no memory is leaked", "runtime/scope.cpp",
     "  auto* child = new Child;\n"
     "  child->job.attach(*this, *task.release(), origin);",
     "  auto& root = *task.release();\n"
     "  auto* child = new Child;\n"
     "  child->job.attach(*this, root, origin);",
     "shortage"),
    # Time.
    ("a timeout does not cancel", "timers/timeout.hpp",
     '    SUNDOG_PROBE("a timeout struck");\n'
     "    this->job_.cancel();\n",
     "",
     "random_tasks"),
    ("cancellation from above looks like lateness", "timers/timeout.hpp",
     "    if (unwound && cancelled_) {",
     "    if (unwound && !this->job()) {",
     "random_tasks"),
    ("a sleep is a nanosecond short", "timers/sleep.hpp",
     "    Timers::current().arm_at(*this, deadline);",
     "    Timers::current().arm_at(*this, deadline - Duration(1));",
     "random_tasks"),
    ("the last child of a heap's node is not looked at", "timers/sleep_heap.cpp",
     "std::min(first + arity, size)",
     "std::min(first + arity - 1, size)",
     "timers"),
    ("a heap's gap is filled downwards only", "timers/sleep_heap.cpp",
     "  if (gap > 0 && before(last,",
     "  if (gap > size() && before(last,",
     "timers"),
    ("equal deadlines fire in any order", "timers/timer.hpp",
     "((order_ - other.order_) << 1) < 0",
     "((other.order_ - order_) << 1) < 0",
     "timers"),
    ("a delay is counted twice", "timers/timers.cpp",
     "deadline_after(turn_end, incoming",
     "deadline_after(deadline_after(turn_end, Duration(1)), incoming",
     "random_tasks"),
    # Services.
    ("the rest of a short write is lost", "io/sim/flow.cpp",
     "      bytes = bytes.subspan(static_cast<std::size_t>(result));",
     "      co_return;",
     "echo"),
    ("the echo loses its last byte when the buffer was full", "examples/echo/echo.hpp",
     "first(count));",
     "first(count - (count > 1000 ? 1 : 0)));",
     "echo"),
    ("a cancelled read drops what has come", "io/sim/operation.hpp",
     "    if (result == -ECANCELED) {",
     "    if (result == -ECANCELED || result == 1) {",
     "echo"),
    ("a journal acknowledges before it syncs", "tests/sim/scenarios/disk.cpp",
     "        co_await host.disk().sync(journal);\n"
     "        acknowledged = next + 1;",
     "        acknowledged = next + 1;\n"
     "        co_await host.disk().sync(journal);",
     "disk"),
    # The poller and the sockets on io_uring.
    ("a multishot that ended is not begun again", "io/unix/accept.cpp",
     "  if (!under_way_ && first_ != nullptr && error_ == 0) {",
     "  if (!under_way_ && first_ != nullptr && error_ != 0) {",
     "ring"),
    ("the rest of a short send is lost", "io/unix/kernel_operation.hpp",
     "    return size == 0;",
     "    return true;",
     "ring"),
    ("a request ends before its cancellation is answered", "io/uring/poller.cpp",
     "  if (--request.answers_due_ > 0) {",
     "  if (--request.answers_due_ > 1) {",
     "ring"),
    ("a request that finds the ring full is forgotten", "io/uring/poller.cpp",
     "  if (entry == nullptr) {\n"
     "    queued_.push(request);\n"
     "    return;\n"
     "  }\n"
     "  fill(*entry, request);",
     "  if (entry == nullptr) return;\n"
     "  fill(*entry, request);",
     "ring"),
    ("only one completion is collected in a turn", "io/uring/poller.cpp",
     "    answered(user_data, result, flags);\n"
     "  }",
     "    answered(user_data, result, flags);\n"
     "    *ring_.cq.khead = *ring_.cq.ktail;\n"
     "  }",
     "ring"),
]
