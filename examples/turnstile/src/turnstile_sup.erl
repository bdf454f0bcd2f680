-module(turnstile_sup).
-behaviour(supervisor).

-export([start_link/0]).
-export([init/1]).

-spec start_link() -> supervisor:startlink_ret().
start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

-spec init([]) -> {ok, {supervisor:sup_flags(), [supervisor:child_spec()]}}.
init([]) ->
    {ok,
        {#{strategy => one_for_one}, [
            #{id => turnstile, start => {turnstile, start_link, []}},
            #{
                id => turnstile_client_sup,
                start => {turnstile_client_sup, start_link, []},
                type => supervisor
            },
            #{id => turnstile_acceptor, start => {turnstile_acceptor, start_link, []}}
        ]}}.
