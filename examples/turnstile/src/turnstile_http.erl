%% As much HTTP as a health check needs.
-module(turnstile_http).

-export([answer/1]).

%% The response to a request line.
-spec answer(binary()) -> iodata().
answer(<<"GET /health ", _/binary>>) ->
    try turnstile:coins() of
        _ -> response("200 OK", "ok")
    catch
        exit:_ -> response("503 Service Unavailable", "the turnstile does not answer")
    end;
answer(_Request) ->
    response("404 Not Found", "not found").

-spec response(string(), string()) -> iodata().
response(Status, Body) ->
    io_lib:format(
        "HTTP/1.1 ~s\r\ncontent-type: text/plain\r\ncontent-length: ~b\r\nconnection: close\r\n\r\n~s",
        [Status, length(Body), Body]
    ).
