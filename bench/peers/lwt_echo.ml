(* TCP echo on Lwt, as its manual writes a server: one thread for each connection. *)
open Lwt.Infix

let rec write_all socket buffer offset length =
  if length = 0 then Lwt.return_unit
  else
    Lwt_unix.write socket buffer offset length >>= fun sent ->
    write_all socket buffer (offset + sent) (length - sent)

let rec echo socket buffer =
  Lwt_unix.read socket buffer 0 (Bytes.length buffer) >>= function
  | 0 -> Lwt.return_unit
  | count -> write_all socket buffer 0 count >>= fun () -> echo socket buffer

let serve socket =
  Lwt.finalize
    (fun () -> Lwt.catch (fun () -> echo socket (Bytes.create 4096)) (fun _ -> Lwt.return_unit))
    (fun () -> Lwt_unix.close socket)

let rec accept listener =
  Lwt_unix.accept listener >>= fun (socket, _) ->
  Lwt_unix.setsockopt socket Unix.TCP_NODELAY true;
  Lwt.async (fun () -> serve socket);
  accept listener

let () =
  Lwt_main.run
    (let listener = Lwt_unix.socket Unix.PF_INET Unix.SOCK_STREAM 0 in
     Lwt_unix.setsockopt listener Unix.SO_REUSEADDR true;
     Lwt_unix.bind listener (Unix.ADDR_INET (Unix.inet_addr_any, int_of_string Sys.argv.(1)))
     >>= fun () ->
     Lwt_unix.listen listener 4096;
     accept listener)
