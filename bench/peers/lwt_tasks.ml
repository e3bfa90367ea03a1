(* Lwt's small things, nanoseconds each, medians of five: a bind that does not wait, yielding among
   1,000 threads, wait and wakeup, creating threads, a timeout that is not reached, joining. *)
open Lwt.Infix

let nanoseconds_per count work =
  let once () =
    let begun = Unix.gettimeofday () in
    work count;
    (Unix.gettimeofday () -. begun) *. 1e9 /. float_of_int count
  in
  List.nth (List.sort compare (List.init 5 (fun _ -> once ()))) 2

let create_await count =
  let rec go n = if n = 0 then Lwt.return_unit else Lwt.bind Lwt.return_unit (fun () -> go (n - 1)) in
  Lwt_main.run (go count)

let yield_among threads count =
  let rec go n = if n = 0 then Lwt.return_unit else Lwt.pause () >>= fun () -> go (n - 1) in
  Lwt_main.run (Lwt.join (List.init threads (fun _ -> go (count / threads))))

let wait_wakeup count =
  for _ = 1 to count do
    let thread, wakener = Lwt.wait () in
    let bound = thread >>= fun n -> Lwt.return (n + 1) in
    Lwt.wakeup wakener 1;
    ignore (Sys.opaque_identity bound)
  done

let arm_cancel count =
  for _ = 1 to count do
    Lwt.cancel (Lwt_unix.sleep 30.0)
  done

(* List.init is not tail-recursive for the lengths we need. *)
let init_list count make =
  let rec go n made = if n = 0 then made else go (n - 1) (make () :: made) in
  go count []

let join_of size count =
  for _ = 1 to count / size do
    let waiting = init_list size Lwt.wait in
    let all = Lwt.join (List.rev_map fst waiting) in
    List.iter (fun (_, wakener) -> Lwt.wakeup wakener ()) waiting;
    ignore (Sys.opaque_identity all)
  done

let create_threads size =
  nanoseconds_per size (fun size ->
      let threads = init_list size (fun () -> fst (Lwt.task ()) >>= fun () -> Lwt.return_unit) in
      ignore (Sys.opaque_identity threads))

let () =
  let show name value = Printf.printf "{\"name\": \"%s\", \"ns\": %.2f}\n%!" name value in
  show "create_await" (nanoseconds_per 5_000_000 create_await);
  show "yield_1000" (nanoseconds_per 2_000_000 (yield_among 1000));
  show "wait_wakeup" (nanoseconds_per 2_000_000 wait_wakeup);
  show "arm_cancel" (nanoseconds_per 1_000_000 arm_cancel);
  List.iter
    (fun size ->
      show (Printf.sprintf "join_%d" size) (nanoseconds_per (max size 1_000_000) (join_of size)))
    [ 10; 1_000; 100_000; 1_000_000 ];
  List.iter
    (fun size -> show (Printf.sprintf "create_threads_%d" size) (create_threads size))
    [ 1_000; 10_000; 100_000; 1_000_000 ]
