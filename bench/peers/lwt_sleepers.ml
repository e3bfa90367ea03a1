(* N threads asleep with random deadlines, on Lwt: `lwt_sleepers N` within one second, for CPU time and
   memory; `lwt_sleepers N jitter` within five, for how late each of them wakes. *)
open Lwt.Infix

let peak_resident_bytes () =
  let status = open_in "/proc/self/status" in
  let rec find () =
    let line = input_line status in
    match Scanf.sscanf line "VmHWM: %d kB" (fun kilobytes -> kilobytes) with
    | kilobytes -> kilobytes * 1024
    | exception Scanf.Scan_failure _ -> find ()
  in
  let bytes = find () in
  close_in status;
  bytes

(* List.init is not tail-recursive for the lengths we need. *)
let init_list count make =
  let rec go n made = if n = 0 then made else go (n - 1) (make () :: made) in
  go count []

let measure_cost count =
  let resident_before = peak_resident_bytes () in
  let begun = Unix.gettimeofday () in
  let sleepers = init_list count (fun () -> Lwt_unix.sleep (Random.float 1.0) >|= fun () -> ()) in
  let spawned = Sys.time () in
  Lwt_main.run (Lwt.join sleepers);
  Printf.printf
    "{\"count\": %d, \"cpu_s\": %.4f, \"spawn_cpu_s\": %.4f, \"wall_s\": %.4f, \
     \"bytes_per_sleeper\": %.1f}\n"
    count (Sys.time ()) spawned
    (Unix.gettimeofday () -. begun)
    (float_of_int (peak_resident_bytes () - resident_before) /. float_of_int count)

let measure_jitter count =
  let late = Array.make count 0.0 in
  let woken = ref 0 in
  let sleep_and_tell () =
    let duration = Random.float 5.0 in
    let deadline = Unix.gettimeofday () +. duration in
    Lwt_unix.sleep duration >|= fun () ->
    late.(!woken) <- Unix.gettimeofday () -. deadline;
    incr woken
  in
  Lwt_main.run (Lwt.join (init_list count sleep_and_tell));
  Array.sort compare late;
  let quantile q = 1e9 *. late.(min (count - 1) (int_of_float (q *. float_of_int count))) in
  let show q = Printf.sprintf "\"%g\": %.0f" q (Float.max 0.0 (quantile q)) in
  Printf.printf "{\"count\": %d, \"late_ns\": {%s}}\n" count
    (String.concat ", "
       (List.map show [ 0.01; 0.1; 0.25; 0.5; 0.75; 0.9; 0.95; 0.99; 0.999; 0.9999; 1.0 ]))

let () =
  let count = int_of_string Sys.argv.(1) in
  if Array.length Sys.argv > 2 then measure_jitter count else measure_cost count
