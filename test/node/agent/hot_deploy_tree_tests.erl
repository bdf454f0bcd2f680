-module(hot_deploy_tree_tests).
-include_lib("eunit/include/eunit.hrl").
-behaviour(supervisor).
-export([init/1, start_link/0, start_worker/0]).

start_link() -> supervisor:start_link({local, hd_tree}, ?MODULE, []).
start_worker() -> {ok, spawn_link(fun() -> receive stop -> ok end end)}.

init([]) ->
    Worker = #{id => worker, start => {?MODULE, start_worker, []}},
    Gone = #{id => gone, start => {?MODULE, start_worker, []}, restart => temporary},
    {ok, {#{strategy => rest_for_one, intensity => 4, period => 9}, [Worker, Gone]}}.

%% An application whose top process is `Start`'s, for as long as the test takes.
within(Start, Test) ->
    Application = {application, hd_app, [{applications, [kernel, stdlib]}, {mod, {hot_deploy_tree_app, Start}}, {vsn, "1"}]},
    ok = application:load(Application),
    ok = application:start(hd_app),
    try Test(maps:get(hd_app, hot_deploy_tree:walk(all)))
    after
        application:stop(hd_app),
        application:unload(hd_app)
    end.

a_supervisor_is_told_with_settings_and_children_in_their_order_test() ->
    within(fun start_link/0, fun(Top) ->
        ?assertMatch(
            #{type := supervisor, strategy := rest_for_one, intensity := 4, period := 9, name := hd_tree, callback := ?MODULE},
            Top
        ),
        ?assertMatch([#{id := <<"worker">>, running := true}, #{id := <<"gone">>, running := true}], maps:get(children, Top))
    end).

a_top_process_that_is_no_supervisor_is_not_asked_anything_test() ->
    within(fun start_worker/0, fun(#{at := Pid} = Top) ->
        ?assertMatch(#{type := worker}, Top),
        ?assertEqual({messages, []}, process_info(Pid, messages)),
        ?assert(is_process_alive(Pid))
    end).

a_suspended_supervisor_is_told_in_time_test_() ->
    {timeout, 20, fun() ->
        within(fun start_link/0, fun(#{at := Pid}) ->
            sys:suspend(Pid),
            ?assertMatch(#{type := unanswering}, maps:get(hd_app, hot_deploy_tree:walk(all))),
            sys:resume(Pid)
        end)
    end}.
