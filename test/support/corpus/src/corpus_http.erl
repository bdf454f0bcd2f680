-module(corpus_http).
-export([orders/3]).

%% Answers to /esi/corpus_http:orders.
orders(Session, _, _) ->
    mod_esi:deliver(Session, ["Content-Type: text/plain\r\n\r\n", integer_to_list(corpus_store:count())]).
