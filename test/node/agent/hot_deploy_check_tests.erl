-module(hot_deploy_check_tests).
-include_lib("eunit/include/eunit.hrl").
-behaviour(supervisor).
-export([init/1, start_link/0, start_worker/0, handle_call/3, handle_cast/2]).

start_link() -> supervisor:start_link({local, hd_check}, ?MODULE, []).
start_worker() -> gen_server:start_link(?MODULE, worker, []).

init([]) -> {ok, {#{strategy => simple_one_for_one, intensity => 1000}, [worker()]}};
init(worker) -> {ok, state}.

handle_call(_, _, State) -> {reply, ok, State}.
handle_cast(_, State) -> {noreply, State}.

worker() -> #{id => worker, start => {?MODULE, start_worker, []}, restart => temporary, modules => [?MODULE]}.

%% With the release_handler, which asks supervisors.
within(Test) ->
    {ok, Started} = application:ensure_all_started(sasl),
    try alone(Test)
    after
        [application:stop(Each) || Each <- Started]
    end.

alone(Test) ->
    Application = {application, hd_app,
                   [{applications, [kernel, stdlib]}, {mod, {hot_deploy_tree_app, fun start_link/0}}, {vsn, "1"}]},
    ok = application:load(Application),
    ok = application:start(hd_app),
    try Test()
    after
        application:stop(hd_app),
        application:unload(hd_app)
    end.

check() ->
    hot_deploy_check:check(#{loads => [atom_to_list(?MODULE)], updates => [atom_to_list(?MODULE)], timeout => 1000}).

%% Connections that come and go all the time, each for a few milliseconds.
come_and_go() ->
    {ok, Pid} = supervisor:start_child(hd_check, []),
    timer:sleep(rand:uniform(4)),
    supervisor:terminate_child(hd_check, Pid),
    come_and_go().

whoever_comes_and_goes_is_neither_outside_nor_without_an_answer_test_() ->
    {timeout, 60, fun() ->
        within(fun() ->
            Visitors = [spawn_link(fun come_and_go/0) || _ <- lists:seq(1, 20)],
            Found = [maps:with([unanswering, unsupervised], check()) || _ <- lists:seq(1, 20)],
            [begin unlink(Visitor), exit(Visitor, kill) end || Visitor <- Visitors],
            ?assertEqual([#{unanswering => [], unsupervised => []}], lists:usort(Found))
        end)
    end}.

whom_no_supervisor_knows_is_told_test() ->
    within(fun() ->
        {ok, Inside} = supervisor:start_child(hd_check, []),
        {ok, Outside} = gen_server:start(?MODULE, worker, []),
        #{held := 1, unsupervised := Found, unanswering := []} = check(),
        gen_server:stop(Outside),
        ?assertEqual([list_to_binary(pid_to_list(Outside))], [maps:get(pid, Note) || Note <- Found]),
        ?assert(is_process_alive(Inside))
    end).

without_a_release_handler_all_are_found_by_what_they_run_test() ->
    alone(fun() ->
        {ok, _} = supervisor:start_child(hd_check, []),
        {ok, Outside} = gen_server:start(?MODULE, worker, []),
        Found = check(),
        gen_server:stop(Outside),
        ?assertMatch(#{held := 2, unsupervised := [], unanswering := [], supervisors := []}, Found)
    end).

who_is_too_busy_is_told_test_() ->
    {timeout, 20, fun() ->
        within(fun() ->
            {ok, Busy} = supervisor:start_child(hd_check, []),
            erlang:suspend_process(Busy),
            #{unanswering := Found} = check(),
            erlang:resume_process(Busy),
            ?assertEqual([list_to_binary(pid_to_list(Busy))], [maps:get(pid, Note) || Note <- Found])
        end)
    end}.
