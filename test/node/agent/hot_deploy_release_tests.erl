-module(hot_deploy_release_tests).
-include_lib("eunit/include/eunit.hrl").

%% What is said of modules with this source, one text for each, and of two specifications with these keys.
said(Sources, {Old, New}) ->
    Root = string:trim(os:cmd("mktemp -d")),
    [compiled(Root, Source) || Source <- Sources],
    Files = [begin
                 File = filename:join(Root, Name),
                 ok = file:write_file(File, io_lib:format("~p.~n", [{application, shop, Keys}])),
                 File
             end || {Name, Keys} <- [{"old.app", Old}, {"new.app", New}]],
    try
        hot_deploy_release:modules(#{old => [], new => [filename:join(Root, "*.beam")], loads => [],
                                     specifications => [list_to_tuple(Files)]})
    after
        file:del_dir_r(Root)
    end.

compiled(Root, Source) ->
    {ok, Tokens, _} = erl_scan:string(Source),
    {Forms, []} = lists:foldl(
        fun({dot, _} = Dot, {Done, Form}) -> {ok, Parsed} = erl_parse:parse_form(lists:reverse([Dot | Form])), {[Parsed | Done], []};
           (Token, {Done, Form}) -> {Done, [Token | Form]}
        end, {[], []}, Tokens),
    {ok, Module, Beam} = compile:forms(lists:reverse(Forms)),
    ok = file:write_file(filename:join(Root, lists:concat([Module, ".beam"])), Beam).

mode(Source) ->
    #{new := [[#{callbackMode := Mode}]]} = said([Source], {[], []}),
    Mode.

a_state_machine_tells_how_it_is_called_and_nothing_is_left_loaded_test_() ->
    Door = "-module(hot_deploy_door). -export([callback_mode/0]). callback_mode() -> ",
    {timeout, 60, fun() ->
        ?assertEqual(<<"[state_functions]">>, mode(Door ++ "state_functions.")),
        ?assertEqual(<<"[handle_event_function,state_enter]">>, mode(Door ++ "[state_enter, handle_event_function].")),
        ?assertEqual(null, mode(Door ++ "timer:sleep(60000).")),
        ?assertEqual(null, mode("-module(hot_deploy_door). -export([x/0]). x() -> ok.")),
        ?assertEqual(false, code:is_loaded(hot_deploy_door))
    end}.

what_of_a_specification_is_read_only_at_the_start_is_told_test() ->
    Keys = [{vsn, "1"}, {modules, [a]}, {env, [{a, 1}]}, {registered, [a]}, {mod, {shop, []}}],
    Started = fun(New) -> #{started := [Said]} = said([], {Keys, New}), Said end,
    ?assertEqual([], Started([{vsn, "2"}, {modules, [b]}, {registered, []}, {mod, {shop, []}}])),
    ?assertEqual([mod], Started([{mod, {shop, [more]}}])),
    ?assertEqual([start_phases, included_applications],
                 Started([{mod, {shop, []}}, {start_phases, [{go, []}]}, {included_applications, [cart]}])).
