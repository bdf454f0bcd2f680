-module(hot_deploy_facts_tests).
-include_lib("eunit/include/eunit.hrl").

booted() ->
    Request = #{salt => <<"salt">>, given => [], secrets => <<"password">>, within => 10000},
    #{booted := true, facts := Facts} = hot_deploy_facts:booted(Request),
    Facts.

contents_are_read_where_they_are_asked_for_test() ->
    Request = #{salt => <<"salt">>, given => []},
    ?assertNot(maps:is_key(contents, hot_deploy_facts:read(Request))),
    ?assertMatch(#{contents := #{tables := [_ | _]}, tree := _}, hot_deploy_facts:read(Request#{contents => true})).

%% What a start leaves to messages takes a moment: of what still changes the facts are told as they have come to stay.
facts_count_once_they_stay_test() ->
    Test = self(),
    Settling = spawn_link(fun() ->
        receive first -> register(hd_first, self()) end,
        receive second -> register(hd_second, spawn_link(fun() -> receive stop -> ok end end)) end,
        receive stop -> Test ! stopped end
    end),
    erlang:send_after(100, Settling, first),
    erlang:send_after(200, Settling, second),
    #{registrations := #{names := Names}} = booted(),
    ?assertEqual([], [<<"hd_first">>, <<"hd_second">>] -- Names),
    hd_second ! stop,
    Settling ! stop,
    receive stopped -> ok end.
