(* UDP echo on Lwt. *)
open Lwt.Infix

let rec echo socket buffer =
  Lwt_unix.recvfrom socket buffer 0 (Bytes.length buffer) [] >>= fun (count, peer) ->
  Lwt_unix.sendto socket buffer 0 count [] peer >>= fun _ -> echo socket buffer

let () =
  Lwt_main.run
    (let socket = Lwt_unix.socket Unix.PF_INET Unix.SOCK_DGRAM 0 in
     Lwt_unix.bind socket (Unix.ADDR_INET (Unix.inet_addr_any, int_of_string Sys.argv.(1)))
     >>= fun () -> echo socket (Bytes.create 2048))
