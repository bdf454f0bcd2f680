%% What the libraries are for.
-module(corpus).
-export([receipt/1, signed/1, said/1, asked/1, order/1]).

%% jiffy is a NIF.
receipt(Id) -> jiffy:encode(#{id => Id, price => corpus_store:price(Id), tax => application:get_env(corpus, tax, 0)}).

%% By a process of the pool.
order(Id) -> poolboy:transaction(corpus_pool, fun(Worker) -> gen_server:call(Worker, {receipt, Id}) end).

%% Calls crypto, public_key and asn1.
signed(Text) ->
    Key = jose_jwk:from_oct(<<"a secret that is long enough for it">>),
    {_, Compact} = jose_jws:compact(jose_jwk:sign(Text, #{<<"alg">> => <<"HS256">>}, Key)),
    {Verified, _, _} = jose_jwk:verify(Compact, Key),
    Verified.

said(Html) -> element(1, mochiweb_html:parse(Html)).

asked(Query) -> cow_qs:parse_qs(Query).
