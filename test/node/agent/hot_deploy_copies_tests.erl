-module(hot_deploy_copies_tests).
-include_lib("eunit/include/eunit.hrl").
-behaviour(gen_server).
-export([start/1, start_worker/1, init/1, handle_call/3, handle_cast/2, code_change/3]).

start(States) ->
    Workers = [#{id => Id, start => {?MODULE, start_worker, [State]}} || {Id, State} <- States],
    supervisor:start_link(?MODULE, {supervised, Workers}).

start_worker(State) -> gen_server:start_link(?MODULE, State, []).

init({supervised, Workers}) -> {ok, {#{}, Workers}};
init({bytes, Size}) -> {ok, {cache, crypto:strong_rand_bytes(Size)}};
init({hosts, Module}) ->
    put('$initial_call', {Module, mount, 3}),
    {ok, {hosts, Module}};
init(State) -> {ok, State}.
handle_call(_, _, State) -> {reply, ok, State}.
handle_cast(sleep, State) -> timer:sleep(2000), {noreply, State}.
code_change({down, Version}, State, _) when is_integer(Version) -> {ok, {older, Version, State}};
code_change(_, State, _) -> {ok, {new, State}}.

%% What is taken of an application whose workers have these states.
taken(States, Meanwhile) when is_function(Meanwhile) -> taken(?MODULE, States, Meanwhile);
taken(Module, States) -> taken(Module, States, fun() -> ok end).

taken(Callback, States, Meanwhile) ->
    Application = {application, hd_app, [{applications, [kernel, stdlib]}, {vsn, "1"},
                                         {mod, {hot_deploy_tree_app, fun() -> start(States) end}}]},
    ok = application:load(Application),
    ok = application:start(hd_app),
    try
        Meanwhile(),
        #{copies := Copies, uncopied := Uncopied} = hot_deploy_copies:take(#{modules => [Callback]}),
        {Copies, lists:sort([Place || #{place := Place} <- Uncopied])}
    after
        application:stop(hd_app),
        application:unload(hd_app)
    end.

a_state_is_copied_and_migrated_test() ->
    {[#{place := Place, module := Module, copy := Copy}], []} = taken([{one, {shop, 7}}], fun() -> ok end),
    ?assertEqual(<<"hd_app/one">>, Place),
    ?assertMatch([#{shape := #{elements := [atom, #{elements := [atom, number]}]}}],
                 hot_deploy_copies:migrate(#{copies => [{Place, Module, Copy}]})).

on_the_way_down_it_is_told_the_older_version_where_there_is_one_test() ->
    {[#{place := Place, module := Module, copy := Copy}], []} = taken([{one, {shop, 7}}], fun() -> ok end),
    Down = fun(Directories) ->
        hot_deploy_copies:migrate_down(#{copies => [{Place, Module, Copy}], to => Directories})
    end,
    ?assertMatch([#{place := Place, shape := #{elements := [atom, number, #{elements := [atom, number]}]}}],
                 Down(["/nowhere", filename:dirname(code:which(?MODULE))])),
    ?assertEqual([], Down(["/nowhere"])).

a_small_process_that_holds_large_binaries_is_left_alone_and_told_test() ->
    {Copies, Uncopied} = taken([{small, tiny}, {large, {bytes, 2 * 1024 * 1024}}], fun() -> ok end),
    ?assertMatch([#{place := <<"hd_app/small">>}], Copies),
    ?assertEqual([<<"hd_app/large">>], Uncopied).

all_that_is_copied_is_bounded_test() ->
    States = [{Id, {bytes, 700 * 1024}} || Id <- lists:seq(1, 20)],
    {Copies, Uncopied} = taken(States, fun() -> ok end),
    ?assert(length(Copies) < 12),
    ?assertEqual(20, length(Copies) + length(Uncopied)).

one_that_is_busy_is_not_waited_for_test_() ->
    Busy = fun() ->
        [{_, Pid}] = [Worker || {<<"hd_app/", _/binary>>, _} = Worker <- hot_deploy_facts:workers()],
        gen_server:cast(Pid, sleep)
    end,
    {timeout, 60, ?_assertEqual({[], [<<"hd_app/one">>]}, taken([{one, 1}], Busy))}.

a_process_that_runs_the_module_of_another_is_migrated_by_the_server_that_was_started_test() ->
    {[#{module := Module, copy := Copy}], []} = taken(hot_deploy_hosts_tests, [{one, {hosts, hot_deploy_hosts_tests}}]),
    ?assertEqual(hot_deploy_hosts_tests, Module),
    ?assertMatch([#{shape := #{elements := [atom, #{elements := [atom, atom]}]}}],
                 hot_deploy_copies:migrate(#{copies => [{<<"hd_app/one">>, Module, Copy}]})).
