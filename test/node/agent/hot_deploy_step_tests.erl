-module(hot_deploy_step_tests).
-include_lib("eunit/include/eunit.hrl").
-behaviour(supervisor).
-export([init/1, start/1]).

%% As Elixir's Supervisor.start_link(children, options) starts one: its callback module gives back what it was given.
list(Test, Specs) ->
    Binary = compiled('Elixir.Supervisor.Default'),
    {module, _} = code:load_binary('Elixir.Supervisor.Default', "default", Binary),
    Argument = {ok, {#{strategy => one_for_one, intensity => 3, period => 5}, Specs}},
    Start = fun() -> supervisor:start_link({local, hd_list}, 'Elixir.Supervisor.Default', Argument) end,
    within(Start, fun() -> Test(hd_list) end).

compiled(Name) ->
    Forms = [{attribute, 1, module, Name}, {attribute, 1, export, [{init, 1}]},
             {function, 1, init, 1, [{clause, 1, [{var, 1, 'Argument'}], [], [{var, 1, 'Argument'}]}]}],
    {ok, Name, Binary} = compile:forms(Forms),
    Binary.

within(Start, Test) ->
    ok = application:load({application, hd_app, [{applications, [kernel, stdlib]}, {mod, {hot_deploy_tree_app, Start}}, {vsn, "1"}]}),
    ok = application:start(hd_app),
    try Test()
    after
        application:stop(hd_app),
        application:unload(hd_app)
    end.

start(_) -> {ok, spawn_link(fun() -> receive stop -> ok end end)}.

init(Specs) -> {ok, {#{}, Specs}}.

spec(Id) -> #{id => Id, start => {?MODULE, start, [Id]}}.
ids(Supervisor) -> [Id || {Id, _, _, _} <- lists:reverse(supervisor:which_children(Supervisor))].
pid(Supervisor, Id) -> element(2, lists:keyfind(Id, 1, supervisor:which_children(Supervisor))).
plan(Children) -> plan(Children, []).
plan(Children, Gone) -> #{gone => Gone, told => false, children => Children, flags => #{}}.
keep(Id) -> {keep, {Id, 1}}.
new(Id) -> {new, {Id, 1}, spec(Id)}.
update(Plan) -> hot_deploy_step:children(hd_app, [], Plan).

a_new_child_of_a_list_stands_in_its_place_and_the_others_go_on_running_test() ->
    list(fun(Supervisor) ->
        [First, Last] = [pid(Supervisor, Id) || Id <- [first, last]],
        ?assertEqual(ok, update(plan([keep(first), new(middle), keep(last)]))),
        ?assertEqual([first, middle, last], ids(Supervisor)),
        ?assertEqual([First, Last], [pid(Supervisor, Id) || Id <- [first, last]]),
        ?assert(is_pid(pid(Supervisor, middle)))
    end, [spec(first), spec(last)]).

children_change_places_and_one_is_ended_and_one_comes_back_test() ->
    list(fun(Supervisor) ->
        Pid = pid(Supervisor, a),
        ?assertEqual(ok, update(plan([keep(c), keep(a)], [{b, 1}]))),
        ?assertEqual([c, a], ids(Supervisor)),
        ?assertEqual(ok, update(plan([keep(a), new(b), keep(c)]))),
        ?assertEqual([a, b, c], ids(Supervisor)),
        ?assertEqual(Pid, pid(Supervisor, a))
    end, [spec(a), spec(b), spec(c)]).

strategy_intensity_and_specifications_change_while_all_run_test() ->
    list(fun(Supervisor) ->
        Pid = pid(Supervisor, a),
        Changed = #{id => x, start => undefined, restart => transient, shutdown => 77, type => worker, modules => [a]},
        ?assertEqual(ok, update((plan([{change, {a, 1}, Changed}]))#{flags := #{strategy => rest_for_one, intensity => 9}})),
        ?assertMatch({ok, #{id := a, start := {?MODULE, start, [a]}, restart := transient, shutdown := 77}}, supervisor:get_childspec(Supervisor, a)),
        ?assertMatch({rest_for_one, 9, 5}, begin S = sys:get_state(Supervisor), {element(3, S), element(6, S), element(7, S)} end),
        ?assertEqual(Pid, pid(Supervisor, a))
    end, [spec(a)]).

ids_that_each_boot_makes_anew_are_known_by_what_they_are_test() ->
    [One, Other] = [{listener, make_ref()}, {listener, make_ref()}],
    list(fun(Supervisor) ->
        Pids = [pid(Supervisor, One), pid(Supervisor, Other)],
        Id = {listener, '<reference>'},
        ?assertEqual(ok, update(plan([{keep, {Id, 1}}, {new, {Id, 2}, spec(Id)}, {keep, {Id, 2}}]))),
        [One, {listener, Made}, Other] = ids(Supervisor),
        ?assert(is_reference(Made)),
        ?assertEqual(Pids, [pid(Supervisor, One), pid(Supervisor, Other)]),
        ?assertEqual(ok, update(plan([{keep, {Id, 1}}, {keep, {Id, 3}}], [{Id, 2}]))),
        ?assertEqual([One, Other], ids(Supervisor))
    end, [spec(One), spec(Other)]).

a_temporary_child_that_has_ended_stays_ended_test() ->
    list(fun(Supervisor) ->
        Monitor = monitor(process, pid(Supervisor, task)),
        pid(Supervisor, task) ! stop,
        receive {'DOWN', Monitor, _, _, _} -> ok end,
        ?assertEqual(ok, update(plan([keep(task), keep(a), new(b)]))),
        ?assertEqual([a, b], ids(Supervisor))
    end, [(spec(task))#{restart => temporary}, spec(a)]).

one_that_was_started_later_is_kept_test() ->
    list(fun(Supervisor) ->
        {ok, Pid} = supervisor:start_child(Supervisor, spec(later)),
        ?assertEqual(ok, update(plan([keep(later), new(b), keep(a)]))),
        ?assertEqual([later, b, a], ids(Supervisor)),
        ?assertEqual(Pid, pid(Supervisor, later))
    end, [spec(a)]).

what_cannot_be_done_leaves_all_as_it_was_and_ends_nobody_test() ->
    list(fun(Supervisor) ->
        Pid = pid(Supervisor, a),
        Broken = {new, {b, 1}, #{id => b, start => nonsense}},
        ?assertMatch({error, _}, update(plan([keep(a), Broken]))),
        ?assertEqual([a], ids(Supervisor)),
        ?assertMatch({error, _}, hot_deploy_step:children(hd_app, [{nobody, 1}], plan([]))),
        ?assertEqual(ok, update(plan([keep(a), new(c)]))),
        ?assertEqual(Pid, pid(Supervisor, a))
    end, [spec(a)]).

a_child_that_the_callback_module_has_told_of_already_is_started_test() ->
    list(fun(Supervisor) ->
        %% As the relup's update leaves it: known, and not running.
        ok = supervisor:terminate_child(Supervisor, b),
        ?assertEqual(ok, update((plan([keep(a), {new, {b, 1}, none}]))#{told := true})),
        ?assert(is_pid(pid(Supervisor, b)))
    end, [spec(a), spec(b)]).

a_supervisor_below_others_is_found_by_the_ids_on_the_way_test() ->
    Ref = make_ref(),
    Pool = #{id => {pool, Ref}, type => supervisor, start => {supervisor, start_link, [?MODULE, [spec(line)]]}},
    list(fun(Supervisor) ->
        Below = pid(Supervisor, {pool, Ref}),
        ?assertEqual(ok, hot_deploy_step:children(hd_app, [{{pool, '<reference>'}, 1}], (plan([], [{line, 1}]))#{told := true})),
        ?assertEqual([], ids(Below))
    end, [Pool]).
