-module(turnstile_client_sup).
-behaviour(supervisor).

-export([start_link/0, start_client/1]).
-export([init/1]).

-spec start_link() -> supervisor:startlink_ret().
start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

-spec start_client(gen_tcp:socket()) -> supervisor:startchild_ret().
start_client(Socket) ->
    supervisor:start_child(?MODULE, [Socket]).

-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    Client = #{
        id => turnstile_client,
        start => {turnstile_client, start_link, []},
        restart => temporary
    },
    {ok, {#{strategy => simple_one_for_one}, [Client]}}.
